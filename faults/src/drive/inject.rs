//! Lets things go wrong, as planned.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use futures_util::future::join_all;
use local::progress::Progress;
use tokio::time::{sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{template::function_of, world::World};
use crate::{
    client::Command,
    history::{Recorder, What},
    plan::{Fault, Planned},
};

/// Between two words to whoever waits.
const WORD: Duration = Duration::from_secs(10);

/// How long Redis may take to connect or to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lets things go wrong.
pub(super) struct Injector<'w> {
    world: &'w World,
}

impl<'w> Injector<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self { world }
    }

    /// Until the time is over or somebody has had enough.
    pub(super) async fn run(
        &self,
        planned: &[Planned],
        during: Duration,
        stop: &CancellationToken,
        progress: &Progress,
    ) {
        let (began, over) = (Instant::now(), stop.child_token());
        let mut lanes: BTreeMap<usize, Vec<&Planned>> = BTreeMap::new();
        for planned in planned {
            lanes.entry(planned.lane).or_default().push(planned);
        }
        let lanes = join_all(lanes.values().map(|lane| self.lane(lane, began, &over)));
        let clock = async {
            let end = began + during;
            while Instant::now() < end && !over.is_cancelled() {
                tokio::select! {
                    () = sleep_until(end.min(Instant::now() + WORD).into()) => {}
                    () = over.cancelled() => {}
                }
                progress.step(&format!(
                    "{:>4} s, {} events",
                    began.elapsed().as_secs(),
                    self.world.recorder.len()
                ));
            }
            over.cancel();
        };
        tokio::join!(lanes, clock);
    }

    async fn lane(&self, lane: &[&Planned], began: Instant, over: &CancellationToken) {
        for planned in lane {
            tokio::select! {
                () = sleep_until((began + planned.at).into()) => {}
                () = over.cancelled() => return,
            }
            let fault = self.inject(&planned.fault, over);
            happen(&self.world.recorder, planned, fault).await;
        }
    }

    async fn inject(&self, fault: &Fault, over: &CancellationToken) -> Result<()> {
        let dials = self.world.dials();
        let wait = async |during| {
            tokio::select! {
                () = sleep(during) => {}
                () = over.cancelled() => {}
            }
        };
        match *fault {
            Fault::Kill {
                program,
                when,
                next,
            } => {
                let function = function_of(self.world.stack.template(), program)?;
                dials.kills().set(function, when, next);
            }
            Fault::Posts { fault, next } => dials.posts().set(fault, next, None),
            Fault::DisconnectLose(count) => dials.disconnects().drop_next(count),
            Fault::GatewayRestart => dials.sockets().cut(),
            Fault::ClockSkew(ahead) => {
                dials
                    .clock()
                    .advance(ahead)
                    .await
                    .context("the clock's end")?;
            }
            Fault::RedisFlush => self.flush().await?,
            Fault::RedisCut(during) => {
                dials.redis().cut()?;
                wait(during).await;
                dials.redis().restore()?;
            }
            Fault::RedisSlow { delay, during } => {
                dials.redis().slow(delay)?;
                wait(during).await;
                dials.redis().restore()?;
            }
            Fault::RedisStop(during) => {
                let redis = self.world.stack.redis().context("no Redis of its own")?;
                redis.kill().await?;
                wait(during).await;
                redis.start_again().await?;
            }
            Fault::PostgresCut(during) => {
                dials.postgres().cut()?;
                wait(during).await;
                dials.postgres().restore()?;
            }
            Fault::PostgresSlow { delay, during } => {
                dials.postgres().slow(delay)?;
                wait(during).await;
                dials.postgres().restore()?;
            }
            Fault::PostgresStop(during) => {
                let postgres = self
                    .world
                    .stack
                    .postgres()
                    .context("no PostgreSQL of its own")?;
                postgres.kill().await?;
                wait(during).await;
                postgres.start_again().await?;
            }
            Fault::DeviceVanish { device, during } => {
                let devices = &self.world.devices;
                devices[device % devices.len()].tell(Command::Vanish(during));
            }
        }
        Ok(())
    }

    async fn flush(&self) -> Result<()> {
        let url = self
            .world
            .stack
            .redis_url()
            .context("the template declares no REDIS_URL")?;
        let patient = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let mut keys = redis::Client::open(url)?
            .get_multiplexed_async_connection_with_config(&patient)
            .await?;
        redis::cmd("FLUSHALL").query_async::<()>(&mut keys).await?;
        Ok(())
    }
}

/// Lets a fault happen, and notes when, and whether it did.
async fn happen(recorder: &Recorder, planned: &Planned, fault: impl Future<Output = Result<()>>) {
    let note = |begins| {
        recorder.note(What::Fault {
            number: planned.number,
            kind: planned.kind.name(),
            detail: planned.fault.to_string(),
            begins,
        });
    };
    note(true);
    if let Err(error) = fault.await {
        let (number, kind) = (planned.number, planned.kind.name());
        eprintln!("fault {number} ({kind}) did not happen: {error:#}");
        let why = format!("{error:#}");
        recorder.note(What::Failed { number, why });
    }
    note(false);
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;
    use crate::plan::Kind;

    #[tokio::test]
    async fn a_fault_that_fails_is_noted_as_failed_between_its_ends() {
        let recorder = Recorder::new(None).unwrap();
        let planned = Planned {
            number: 3,
            lane: 0,
            at: Duration::ZERO,
            kind: Kind::RedisFlush,
            fault: Fault::RedisFlush,
        };
        happen(&recorder, &planned, async { Err(anyhow!("no Redis")) }).await;
        happen(&recorder, &planned, async { Ok(()) }).await;
        let events = recorder.finish().unwrap();
        let told: Vec<_> = events.iter().map(|event| told(&event.what)).collect();
        assert_eq!(told, ["begins", "no Redis", "ends", "begins", "ends"]);
    }

    fn told(what: &What) -> &str {
        match what {
            What::Fault { begins: true, .. } => "begins",
            What::Fault { begins: false, .. } => "ends",
            What::Failed { number: 3, why } => why,
            other => panic!("{other:?} is no fault"),
        }
    }
}
