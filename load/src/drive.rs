//! Who sends when: as soon as an earlier message is acked, or by the clock.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, future::join_all, stream};
use tokio::{sync::mpsc, time::timeout};

use crate::world::World;

/// After this nobody waits for an ack: API Gateway gives up after 29 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// Keeps so many messages on their way until `deadline`.
pub(crate) async fn closed(world: &World, concurrency: usize, deadline: Instant) {
    let next = AtomicUsize::new(0);
    let work = || async {
        while Instant::now() < deadline {
            send(world, next.fetch_add(1, Ordering::Relaxed), Instant::now()).await;
        }
    };
    join_all((0..concurrency).map(|_| work())).await;
}

/// Sends so many a second until `deadline`, whatever becomes of them.
pub(crate) async fn open(world: &World, rate: u32, deadline: Instant) {
    let (sender, due) = mpsc::unbounded_channel();
    // A thread of its own: timers of the runtime are only good to a millisecond.
    thread::spawn(move || {
        let began = Instant::now();
        for number in 0_u32.. {
            let due = began + Duration::from_secs(1) * number / rate;
            if due >= deadline {
                return;
            }
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if sender.send((number as usize, due)).is_err() {
                return;
            }
        }
    });
    let due = stream::unfold(due, async |mut due| Some((due.recv().await?, due)));
    due.for_each_concurrent(None, |(number, due)| send(world, number, due))
        .await;
}

/// Sends a message of the next user's, and waits for its ack.
async fn send(world: &World, turn: usize, due: Instant) {
    let (session, device) = &world.senders[turn % world.senders.len()];
    let (number, done) = world.board.send(*session, due);
    if device.send(number).await.is_err() {
        return world.board.failed(Some(number), "socket closed");
    }
    // An error of the channel is an answer as well: acked or refused, the board has let go of the other end.
    if timeout(PATIENCE, done).await.is_err() {
        world.board.failed(Some(number), "no answer");
    }
}
