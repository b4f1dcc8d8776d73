//! Everybody at work.

use tokio::time::sleep;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Options, steward::Steward, world::World};
use crate::{client::Command, history::Session, plan::Wishes};

/// Everybody at work, until it is stopped.
pub(super) struct Work {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Work {
    pub(super) fn start(world: &World, options: &Options) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        for place in 0..world.devices.len() {
            let mut wishes = Wishes::new(options.seed, place as u64, options.pause);
            let (devices, stop) = (world.devices.clone(), stop.clone());
            tasks.spawn(async move {
                loop {
                    let (pause, wish) = wishes.next_wish();
                    tokio::select! {
                        () = sleep(pause) => devices[place].tell(Command::Wish(wish)),
                        () = stop.cancelled() => return,
                    }
                }
            });
        }
        for number in 0..world.names.sessions() {
            let steward = Steward::new(world, options.seed, Session(number));
            tasks.spawn(steward.work(stop.clone()));
        }
        tasks.close();
        Self { stop, tasks }
    }

    /// Nobody wants anything new from now on. What stewards have begun is still on its way, and no fault may keep it from its
    /// end, so this does not wait for it.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        tokio::task::yield_now().await;
        drop(self.tasks);
    }
}
