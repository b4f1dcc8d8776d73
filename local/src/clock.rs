//! The one clock of a stack, which can be moved on by hand: what was due meanwhile happens, in its order.
//!
//! The gateway's idle and lifetime timers, the schedules and the pauses between asynchronous attempts go by it. The
//! functions do not: a process reads the clock of the machine.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, sleep, timeout_at},
};

/// The longest sleep at a stretch. A machine that was suspended is noticed after at most this.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// How long an advance waits, in all, for what it has woken. Two hours with a schedule of every minute pass within it.
const PATIENCE: Duration = Duration::from_millis(750);

/// What a task that was woken gets to come to its next sleep, when it holds nothing that says how far it is.
const SETTLING: Duration = Duration::from_micros(500);

/// The one clock of a stack; cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Of a clock that follows Tokio's time: when it started, and what it showed.
    follows: Option<(Instant, DateTime<Utc>)>,
    state: Mutex<State>,
    held: AtomicUsize,
    released: Notify,
    numbers: AtomicU64,
    /// One advance at a time.
    advancing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    ahead: TimeDelta,
    /// By time, and by number among those of the same time.
    sleepers: BTreeMap<(DateTime<Utc>, u64), oneshot::Sender<Hold>>,
}

/// The clock is not moved on by hand while this is held, up to a patience: for work that belongs to the present time.
#[derive(Debug)]
pub struct Hold(Arc<Inner>);

/// Takes a sleeper out of the list when its sleep is over or given up.
struct Place<'c> {
    inner: &'c Inner,
    key: (DateTime<Utc>, u64),
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self::new(None)
    }

    /// A clock that shows `time` now and goes on with Tokio's time, which a test may pause and advance.
    pub fn starting_at(time: DateTime<Utc>) -> Self {
        Self::new(Some((Instant::now(), time)))
    }

    fn new(follows: Option<(Instant, DateTime<Utc>)>) -> Self {
        let inner = Inner {
            follows,
            state: Mutex::default(),
            held: AtomicUsize::new(0),
            released: Notify::new(),
            numbers: AtomicU64::new(0),
            advancing: tokio::sync::Mutex::new(()),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// What the clock shows.
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.real() + self.inner.lock().ahead
    }

    /// How far it was moved on by hand.
    pub fn ahead(&self) -> TimeDelta {
        self.inner.lock().ahead
    }

    /// Returns when the clock shows `time`, at once when it is past. What follows from that belongs to that time: while the
    /// result is held, the clock is not moved on by hand.
    pub async fn sleep_until(&self, time: DateTime<Utc>) -> Hold {
        let (waker, mut woken) = oneshot::channel();
        let number = self.inner.numbers.fetch_add(1, Ordering::Relaxed);
        let place = Place {
            inner: &self.inner,
            key: (time, number),
        };
        self.inner.lock().sleepers.insert(place.key, waker);
        loop {
            // After the registration, so that an advance cannot come between.
            let Ok(left) = (time - self.now()).to_std() else {
                return self.hold();
            };
            if left.is_zero() {
                return self.hold();
            }
            tokio::select! {
                Ok(hold) = &mut woken => return hold,
                () = sleep(left.min(LONGEST_SLEEP)) => {}
            }
        }
    }

    /// The same for a span from now.
    pub async fn sleep(&self, span: Duration) -> Hold {
        let span = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
        let time = self.now().checked_add_signed(span);
        self.sleep_until(time.unwrap_or(DateTime::<Utc>::MAX_UTC))
            .await
    }

    /// Keeps the clock from being moved on by hand.
    pub fn hold(&self) -> Hold {
        Hold::new(&self.inner)
    }

    /// Moves the clock on. Everything that falls due on the way happens in the order of its times, at its time, and is
    /// waited for; not longer than 750 ms in all. `None` when such a time does not exist.
    pub async fn advance(&self, span: Duration) -> Option<DateTime<Utc>> {
        let inner = &self.inner;
        let _turn = inner.advancing.lock().await;
        let span = TimeDelta::from_std(span).ok()?;
        let ahead = inner.lock().ahead.checked_add(&span)?;
        inner.real().checked_add_signed(ahead)?;
        let patience = Instant::now() + PATIENCE;
        // What belongs to the present time comes first: it may go to sleep until a time on the way.
        inner.settle(patience).await;
        while inner.wake_next(ahead) {
            inner.settle(patience).await;
        }
        inner.lock().ahead = ahead;
        Some(self.now())
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl Inner {
    /// Without what was added by hand.
    fn real(&self) -> DateTime<Utc> {
        match self.follows {
            None => Utc::now(),
            Some((since, time)) => {
                time + TimeDelta::from_std(since.elapsed()).unwrap_or(TimeDelta::MAX)
            }
        }
    }

    /// Goes to the next time that somebody sleeps until and wakes those; false when that is not before the end, `ahead`.
    fn wake_next(self: &Arc<Self>, ahead: TimeDelta) -> bool {
        let real = self.real();
        let mut state = self.lock();
        let Some(time) = state.sleepers.keys().next().map(|(time, _)| *time) else {
            return false;
        };
        let needed = time - real;
        if needed > ahead {
            return false;
        }
        state.ahead = state.ahead.max(needed);
        while let Some(sleeper) = state.sleepers.first_entry()
            && sleeper.key().0 == time
        {
            // One that has given up needs no waking.
            drop(sleeper.remove().send(Hold::new(self)));
        }
        true
    }

    /// Waits until what was woken has done its work.
    async fn settle(&self, patience: Instant) {
        loop {
            let released = self.released.notified();
            if self.held.load(Ordering::SeqCst) == 0 {
                break;
            }
            if timeout_at(patience, released).await.is_err() {
                return;
            }
        }
        if Instant::now() < patience {
            sleep(SETTLING).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    fn new(inner: &Arc<Inner>) -> Self {
        inner.held.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(inner))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.0.held.fetch_sub(1, Ordering::SeqCst) == 1 {
            // An advance that has looked and not yet begun to wait finds this.
            self.0.released.notify_one();
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.inner.lock().sleepers.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn clock() -> Clock {
        Clock::starting_at("2026-11-23T10:00:00Z".parse().unwrap())
    }

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(60 * count)
    }

    #[tokio::test]
    async fn two_hours_pass_in_a_moment_and_everything_happens_at_its_time_and_in_order() {
        let clock = clock();
        let start = clock.now();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sleeper = |name: &'static str, every: u64| {
            let (clock, seen) = (clock.clone(), Arc::clone(&seen));
            async move {
                let mut due = start;
                loop {
                    due += TimeDelta::from_std(minutes(every)).unwrap();
                    let _hold = clock.sleep_until(due).await;
                    let minute = (clock.now() - start).num_minutes();
                    seen.lock().unwrap().push((minute, name));
                }
            }
        };
        tokio::spawn(sleeper("hourly", 60));
        tokio::spawn(sleeper("often", 25));
        tokio::task::yield_now().await;
        let began = std::time::Instant::now();
        let now = clock.advance(minutes(120)).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(60));
        assert_eq!((now - start).num_minutes(), 120);
        let expected = [
            (25, "often"),
            (50, "often"),
            (60, "hourly"),
            (75, "often"),
            (100, "often"),
            (120, "hourly"),
        ];
        assert_eq!(*seen.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn the_clock_waits_for_the_work_of_a_time_before_it_goes_on() {
        let clock = clock();
        let slow = clock.clone();
        let finished_at = tokio::spawn(async move {
            let _hold = slow.sleep(minutes(1)).await;
            sleep(Duration::from_millis(50)).await;
            slow.now()
        });
        tokio::task::yield_now().await;
        let start = clock.now();
        clock.advance(minutes(10)).await.unwrap();
        assert_eq!((finished_at.await.unwrap() - start).num_minutes(), 1);
    }

    #[tokio::test]
    async fn work_without_end_does_not_stop_the_clock() {
        let clock = clock();
        let _forever = clock.hold();
        let asleep = tokio::spawn({
            let clock = clock.clone();
            async move { drop(clock.sleep(minutes(1)).await) }
        });
        tokio::task::yield_now().await;
        clock.advance(minutes(2)).await.unwrap();
        asleep.await.unwrap();
        assert_eq!(clock.ahead().num_minutes(), 2);
    }

    #[tokio::test]
    async fn a_sleep_that_was_given_up_leaves_nothing_behind() {
        let clock = clock();
        let asleep = tokio::spawn({
            let clock = clock.clone();
            async move { drop(clock.sleep(minutes(1)).await) }
        });
        tokio::task::yield_now().await;
        assert_eq!(clock.inner.lock().sleepers.len(), 1);
        asleep.abort();
        assert!(asleep.await.unwrap_err().is_cancelled());
        assert_eq!(clock.inner.lock().sleepers.len(), 0);
    }

    #[tokio::test]
    async fn a_time_beyond_the_calendar_is_refused() {
        let clock = clock();
        assert_eq!(clock.advance(Duration::MAX).await, None);
        assert_eq!(clock.ahead(), TimeDelta::zero());
    }
}
