//! Processes that die in the middle of their work.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, task::AbortHandle, time::sleep};

/// How long a post is kept waiting for the end of the process that makes it.
const END_OF_CALLER: Duration = Duration::from_millis(250);

/// When a process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// It wants to answer: all of its effects have happened, and its caller gets an error.
    BeforeAnswer,
    /// It has answered: its caller gets the result, and whatever it still meant to do is not done.
    AfterAnswer,
    /// The first post to `@connections` while it works, which is not made: what comes before its pushes has happened.
    AtPost,
    /// This long after it got its event.
    After(Duration),
}

/// Which processes die, and when.
#[derive(Debug, Default)]
pub struct Kills {
    armed: Mutex<Vec<Armed>>,
    /// Those that die at the next post, by a number of their own.
    at_post: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    numbers: u64,
    sentenced: Vec<(u64, Arc<Notify>)>,
}

#[derive(Debug, Clone)]
pub(super) struct Armed {
    pub(super) function: String,
    pub(super) when: When,
    pub(super) left: u32,
}

/// A process that is to die while it has its present event. It is spared when this is dropped.
#[derive(Debug)]
pub(crate) struct Sentence {
    when: When,
    execute: Arc<Notify>,
    timer: Option<AbortHandle>,
    at_post: Option<(Arc<Kills>, u64)>,
}

impl Kills {
    /// The processes that get the next `next` events of a function, named by its logical id, are killed.
    pub fn set(&self, function: &str, when: When, next: u32) {
        if next > 0 {
            self.armed().push(Armed {
                function: function.to_owned(),
                when,
                left: next,
            });
        }
    }

    /// Takes all of them back, for events that come from now on.
    pub fn reset(&self) {
        self.armed().clear();
    }

    /// What is still to happen.
    pub(super) fn list(&self) -> Vec<Armed> {
        self.armed().clone()
    }

    pub(super) fn sentence(
        this: &Arc<Self>,
        function: &str,
        execute: &Arc<Notify>,
    ) -> Option<Sentence> {
        let when = this.take(function)?;
        let execute = Arc::clone(execute);
        let mut sentence = Sentence {
            when,
            execute: Arc::clone(&execute),
            timer: None,
            at_post: None,
        };
        match when {
            When::BeforeAnswer | When::AfterAnswer => {}
            When::After(span) => {
                let timer = tokio::spawn(async move {
                    sleep(span).await;
                    execute.notify_one();
                });
                sentence.timer = Some(timer.abort_handle());
            }
            When::AtPost => {
                let mut waiting = this.waiting();
                waiting.numbers += 1;
                let number = waiting.numbers;
                waiting.sentenced.push((number, execute));
                drop(waiting);
                sentence.at_post = Some((Arc::clone(this), number));
            }
        }
        Some(sentence)
    }

    /// A post is about to be made. Gives true, after a while, when it cost its maker the life.
    pub(super) async fn at_post(&self) -> bool {
        let sentenced = std::mem::take(&mut self.waiting().sentenced);
        if sentenced.is_empty() {
            return false;
        }
        for (_, execute) in sentenced {
            execute.notify_one();
        }
        sleep(END_OF_CALLER).await;
        true
    }

    fn take(&self, function: &str) -> Option<When> {
        let mut armed = self.armed();
        let at = armed.iter().position(|armed| armed.function == function)?;
        let when = armed[at].when;
        armed[at].left -= 1;
        if armed[at].left == 0 {
            armed.remove(at);
        }
        Some(when)
    }

    fn armed(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.at_post.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sentence {
    /// The process wants to answer: true when it dies first.
    pub(crate) fn before_answer(&self) -> bool {
        self.execute_if(When::BeforeAnswer)
    }

    /// The process has answered.
    pub(crate) fn after_answer(&self) {
        self.execute_if(When::AfterAnswer);
    }

    fn execute_if(&self, now: When) -> bool {
        let dies = self.when == now;
        if dies {
            self.execute.notify_one();
        }
        dies
    }
}

impl Drop for Sentence {
    fn drop(&mut self) {
        if let Some(timer) = &self.timer {
            timer.abort();
        }
        if let Some((kills, number)) = &self.at_post {
            kills
                .waiting()
                .sentenced
                .retain(|(other, _)| other != number);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    async fn is_executed(execute: &Notify) -> bool {
        timeout(Duration::from_millis(100), execute.notified())
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn the_next_event_of_the_function_is_deadly_and_no_other() {
        let (kills, execute) = (Arc::new(Kills::default()), Arc::new(Notify::new()));
        kills.set("Send", When::BeforeAnswer, 1);
        assert!(Kills::sentence(&kills, "Other", &execute).is_none());
        let sentence = Kills::sentence(&kills, "Send", &execute).unwrap();
        assert!(Kills::sentence(&kills, "Send", &execute).is_none());
        assert!(!is_executed(&execute).await);
        assert!(sentence.before_answer());
        assert!(is_executed(&execute).await);
    }

    #[tokio::test]
    async fn a_process_that_is_done_in_time_is_spared() {
        let (kills, execute) = (Arc::new(Kills::default()), Arc::new(Notify::new()));
        kills.set("Send", When::After(Duration::from_millis(5)), 2);
        drop(Kills::sentence(&kills, "Send", &execute).unwrap());
        assert!(!is_executed(&execute).await);
        let _sentence = Kills::sentence(&kills, "Send", &execute).unwrap();
        assert!(is_executed(&execute).await);
    }

    #[tokio::test]
    async fn a_post_kills_who_is_sentenced_to_that_while_it_works() {
        let (kills, execute) = (Arc::new(Kills::default()), Arc::new(Notify::new()));
        kills.set("Send", When::AtPost, 2);
        drop(Kills::sentence(&kills, "Send", &execute).unwrap());
        assert!(!kills.at_post().await);
        let _sentence = Kills::sentence(&kills, "Send", &execute).unwrap();
        assert!(kills.at_post().await);
        assert!(is_executed(&execute).await);
        assert!(!kills.at_post().await, "one post is enough");
    }
}
