//! What becomes of the next posts to `@connections`.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, oneshot},
    time::{sleep, timeout},
};

/// How long a post waits for those that are to overtake it. Shorter than a function waits for a post.
const LONGEST_HOLD: Duration = Duration::from_secs(1);

/// What becomes of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostFault {
    /// It is refused.
    Refuse(Refusal),
    /// It is made this much later, and answered then.
    Delay(Duration),
    /// All of them are held until the last one has come, and made in the opposite order.
    Reorder,
    /// It is answered as if it had been made, and the client never gets it: a line that went dead and nobody knows yet.
    Lose,
    /// It is made twice: its first answer was lost on the way, and the caller tried again.
    Duplicate,
}

/// How often a post reaches its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copies {
    None,
    One,
    Two,
}

/// How a post is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 410: the connection is said to be gone, and is not.
    Gone,
    /// 429.
    Throttled,
    /// 500.
    Failed,
}

impl Refusal {
    /// Of the answer.
    pub fn status(self) -> u16 {
        match self {
            Self::Gone => 410,
            Self::Throttled => 429,
            Self::Failed => 500,
        }
    }

    /// The refusal with that status, if there is one.
    pub fn of_status(status: u16) -> Option<Self> {
        [Self::Gone, Self::Throttled, Self::Failed]
            .into_iter()
            .find(|refusal| refusal.status() == status)
    }
}

/// What becomes of the next posts. Faults that fit the same post are used in the order in which they were set.
#[derive(Debug, Default)]
pub struct Posts {
    rules: Mutex<Vec<Rule>>,
    /// Woken when the faults are taken back: nobody waits any longer.
    released: Notify,
}

/// A fault and the posts that it is for.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) fault: PostFault,
    pub(super) left: u32,
    pub(super) connection: Option<String>,
    /// Those that are held for a reordering, the first to come first.
    held: Vec<oneshot::Sender<Passage>>,
}

/// The right to make a post now; dropped when it has been made. Then the one that it has overtaken may be made.
#[derive(Debug)]
pub(crate) struct Passage {
    /// How often it is to be made.
    pub(crate) copies: Copies,
    /// Who comes after it, the last one first.
    then: Vec<oneshot::Sender<Passage>>,
}

enum Verdict {
    Pass(Passage),
    Refuse(Refusal),
    Delay(Duration),
    Hold(oneshot::Receiver<Passage>),
}

impl Posts {
    /// A fault of the next `next` posts, of one connection or of any.
    pub fn set(&self, fault: PostFault, next: u32, connection: Option<String>) {
        if next > 0 {
            self.lock().push(Rule {
                fault,
                left: next,
                connection,
                held: Vec::new(),
            });
        }
    }

    /// Takes all of them back. Posts that are held are made.
    pub fn reset(&self) {
        self.lock().clear();
        self.released.notify_waiters();
    }

    /// What is still to happen.
    pub(super) fn rules<T>(&self, look: impl Fn(&Rule) -> T) -> Vec<T> {
        self.lock().iter().map(look).collect()
    }

    /// Waits until a post may be made, or says how it is refused.
    pub(super) async fn pass(&self, connection: &str) -> Result<Passage, Refusal> {
        match self.judge(connection) {
            Verdict::Pass(passage) => Ok(passage),
            Verdict::Refuse(refusal) => Err(refusal),
            Verdict::Delay(delay) => {
                tokio::select! {
                    () = sleep(delay) => {}
                    () = self.released.notified() => {}
                }
                Ok(Passage::default())
            }
            // A sender that is gone was taken back, and one that is too late has nobody to wait for.
            Verdict::Hold(turn) => Ok(timeout(LONGEST_HOLD, turn)
                .await
                .ok()
                .and_then(Result::ok)
                .unwrap_or_default()),
        }
    }

    fn judge(&self, connection: &str) -> Verdict {
        let mut rules = self.lock();
        let fits = |rule: &Rule| {
            rule.connection
                .as_deref()
                .is_none_or(|one| one == connection)
        };
        let Some(at) = rules.iter().position(fits) else {
            return Verdict::Pass(Passage::default());
        };
        let rule = &mut rules[at];
        rule.left -= 1;
        let is_last = rule.left == 0;
        let verdict = match rule.fault {
            PostFault::Refuse(refusal) => Verdict::Refuse(refusal),
            PostFault::Delay(delay) => Verdict::Delay(delay),
            PostFault::Lose => Verdict::Pass(Passage::of(Copies::None)),
            PostFault::Duplicate => Verdict::Pass(Passage::of(Copies::Two)),
            PostFault::Reorder if is_last => Verdict::Pass(Passage {
                then: mem::take(&mut rule.held),
                ..Passage::default()
            }),
            PostFault::Reorder => {
                let (sender, turn) = oneshot::channel();
                rule.held.push(sender);
                Verdict::Hold(turn)
            }
        };
        if is_last {
            rules.remove(at);
        }
        verdict
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passage {
    fn of(copies: Copies) -> Self {
        Self {
            copies,
            then: Vec::new(),
        }
    }
}

impl Default for Passage {
    fn default() -> Self {
        Self::of(Copies::One)
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        if let Some(next) = self.then.pop() {
            let passage = Self {
                then: mem::take(&mut self.then),
                ..Self::default()
            };
            // One that waits no longer passes the turn on, by dropping it.
            drop(next.send(passage));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn the_next_posts_of_a_connection_are_refused_and_no_others() {
        let posts = Posts::default();
        posts.set(PostFault::Refuse(Refusal::Gone), 1, Some("a".to_owned()));
        posts.set(PostFault::Refuse(Refusal::Throttled), 2, None);
        assert_eq!(posts.pass("b").await.unwrap_err(), Refusal::Throttled);
        assert_eq!(posts.pass("a").await.unwrap_err(), Refusal::Gone);
        assert_eq!(posts.pass("a").await.unwrap_err(), Refusal::Throttled);
        posts.pass("a").await.unwrap();
        assert!(posts.rules(|rule| rule.left).is_empty());
    }

    #[tokio::test]
    async fn a_delayed_post_comes_later_unless_that_is_taken_back() {
        let posts = Arc::new(Posts::default());
        posts.set(PostFault::Delay(Duration::from_millis(50)), 1, None);
        let began = Instant::now();
        posts.pass("a").await.unwrap();
        assert!(began.elapsed().as_millis() >= 50);
        posts.set(PostFault::Delay(Duration::from_secs(60)), 1, None);
        let waiting = Arc::clone(&posts);
        let waiting = tokio::spawn(async move { waiting.pass("a").await.is_ok() });
        tokio::task::yield_now().await;
        posts.reset();
        assert!(waiting.await.unwrap());
        assert!(began.elapsed().as_secs() < 60);
    }

    #[tokio::test]
    async fn posts_are_made_in_the_opposite_order_when_the_last_one_has_come() {
        let posts = Arc::new(Posts::default());
        posts.set(PostFault::Reorder, 3, None);
        let made = Arc::new(Mutex::new(Vec::new()));
        let post = |name: &'static str| {
            let (posts, made) = (Arc::clone(&posts), Arc::clone(&made));
            tokio::spawn(async move {
                let _passage = posts.pass("a").await.unwrap();
                made.lock().unwrap().push(name);
            })
        };
        let mut tasks = Vec::new();
        for name in ["first", "second", "third"] {
            tasks.push(post(name));
            tokio::task::yield_now().await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*made.lock().unwrap(), ["third", "second", "first"]);
    }

    #[tokio::test]
    async fn a_post_is_lost_or_made_twice_and_neither_is_told() {
        let posts = Posts::default();
        posts.set(PostFault::Lose, 1, Some("a".to_owned()));
        posts.set(PostFault::Duplicate, 1, None);
        let copies = async |connection| posts.pass(connection).await.unwrap().copies;
        assert_eq!(copies("b").await, Copies::Two);
        assert_eq!(copies("a").await, Copies::None);
        assert_eq!(copies("a").await, Copies::One);
    }

    #[tokio::test]
    async fn a_post_that_nothing_overtakes_is_made_all_the_same() {
        let posts = Posts::default();
        posts.set(PostFault::Reorder, 2, None);
        let began = Instant::now();
        posts.pass("a").await.unwrap();
        assert!(began.elapsed() >= LONGEST_HOLD);
        // The second has nobody to overtake any more.
        posts.pass("a").await.unwrap();
        posts.pass("a").await.unwrap();
        assert!(began.elapsed() < 2 * LONGEST_HOLD);
    }
}
