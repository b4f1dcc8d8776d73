//! Lets members in and shows them out, and lets strangers try.

use std::{sync::Arc, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::json;
use tokio::time::sleep;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::world::World;
use crate::{
    client::{Account, Command, Device, Names, RestError},
    history::{Answer, Recorder, Request, Session, Via, What},
};

/// Between two moves of a member.
const PAUSE: std::ops::Range<u64> = 1_500..5_000;

/// Between two tries.
const AGAIN: Duration = Duration::from_millis(200);

/// Lets members in and shows them out, and lets strangers try, in one session.
pub(super) struct Steward {
    session: Session,
    owner: Account,
    /// Who comes and goes.
    others: Vec<Account>,
    names: Arc<Names>,
    recorder: Arc<Recorder>,
    devices: Arc<Vec<Device>>,
    random: StdRng,
    tasks: TaskTracker,
}

impl Steward {
    pub(super) fn new(world: &World, seed: u64, session: Session) -> Self {
        let owner = world.accounts[world.owners[session.0].0].clone();
        let others = world
            .accounts
            .iter()
            .filter(|account| account.user != owner.user)
            .cloned()
            .collect();
        Self {
            session,
            owner,
            others,
            names: world.names.clone(),
            recorder: world.recorder.clone(),
            devices: world.devices.clone(),
            random: StdRng::seed_from_u64(seed.wrapping_add(77 * (1 + session.0 as u64))),
            tasks: world.tasks.clone(),
        }
    }

    pub(super) async fn work(mut self, stop: CancellationToken) {
        // One session has many who stay; only the last of the others comes and goes, and the first only looks.
        let mut number = 0;
        while let Some(guest) = self.others.last().cloned() {
            let pause = Duration::from_millis(self.random.random_range(PAUSE));
            tokio::select! {
                () = sleep(pause) => {}
                () = stop.cancelled() => return,
            }
            number += 1;
            let (session, key) = (self.session, format!("-{}-{number}", self.session));
            let task = match self.random.random_range(0..3) {
                0 => self.tasks.spawn(self.moving(Request::Add {
                    key: format!("add{key}"),
                    session,
                    user: guest.user,
                })),
                1 => self.tasks.spawn(self.moving(Request::Remove {
                    key: format!("remove{key}"),
                    session,
                    user: guest.user,
                })),
                _ => {
                    let peeking = self.peeking(format!("peek{key}"));
                    self.tasks.spawn(peeking)
                }
            };
            // A task of the world's goes on until it is settled, also when the work is over.
            if task.await.is_err() {
                return;
            }
        }
    }

    fn moving(&self, request: Request) -> impl Future<Output = ()> + Send + 'static {
        let members = format!(
            "/api/chat/sessions/{}/members",
            self.names.session_id(self.session)
        );
        let (method, path, body, joins) = match &request {
            Request::Add { user, .. } => {
                let body = json!({"user_id": self.names.user_id(*user), "role": "member"});
                (Method::POST, members, Some(body), Some(*user))
            }
            Request::Remove { user, .. } => (
                Method::DELETE,
                format!("{members}/{}", self.names.user_id(*user)),
                None,
                None,
            ),
            _ => (Method::GET, members, None, None),
        };
        let (owner, recorder, devices, session) = (
            self.owner.clone(),
            self.recorder.clone(),
            self.devices.clone(),
            self.session,
        );
        async move {
            settle(&owner, &recorder, &request, &method, &path, body.as_ref()).await;
            // Somebody tells them.
            for device in devices
                .iter()
                .filter(|device| Some(device.name.user) == joins)
            {
                device.tell(Command::Joined(session));
            }
        }
    }

    fn peeking(&mut self, key: String) -> impl Future<Output = ()> + Send + 'static {
        let account = self.others[self.random.random_range(0..self.others.len())].clone();
        let (recorder, request) = (
            self.recorder.clone(),
            Request::Peek {
                key,
                session: self.session,
            },
        );
        let path = format!("/api/chat/sessions/{}", self.names.session_id(self.session));
        async move { settle(&account, &recorder, &request, &Method::GET, &path, None).await }
    }
}

/// Asks until it is settled.
async fn settle(
    account: &Account,
    recorder: &Recorder,
    request: &Request,
    method: &Method,
    path: &str,
    body: Option<&serde_json::Value>,
) {
    loop {
        let attempt = recorder.number();
        recorder.note(What::Asked {
            attempt,
            by: account.user,
            via: Via::Rest,
            request: request.clone(),
        });
        let answer = match account.ask(method.clone(), path, &[], body).await {
            Ok(_) => Answer::Done,
            Err(RestError::Refused { code, .. }) => Answer::Refused { code },
            Err(RestError::Unknown(why)) => Answer::Unknown { why },
        };
        let is_final = answer.is_final();
        recorder.note(What::Answered { attempt, answer });
        if is_final {
            return;
        }
        sleep(AGAIN).await;
    }
}
