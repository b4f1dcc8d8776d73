//! The end of an event: its report, and what its caller gets.

use std::{mem, time::Duration};

use tokio::time::Instant;

use super::{
    super::{
        outcome::{Failure, InvokeError},
        process::peak_memory_mb,
        report::{self, Report},
    },
    Environment, Invocation, State,
};

/// How old the peak of a process's memory may be in a report: to ask the system costs as much as a short invocation.
const MEMORY_INTERVAL: Duration = Duration::from_millis(100);

impl Environment {
    /// Ends what it has by a failure of the process, and says how many events that were.
    pub(in crate::lambda) fn abandon(&self, failure: &Failure) -> usize {
        let mut state = self.lock();
        let events = state.current.len();
        self.close_all(&mut state, Some(failure));
        events
    }

    /// Refuses what it has, because the stack is stopping, and says how many events that were.
    pub(in crate::lambda) fn refuse(&self) -> usize {
        let refused = mem::take(&mut self.lock().current);
        let events = refused.len();
        for mut current in refused {
            current
                .job
                .refuse(InvokeError::Service("the stack is stopping".to_owned()));
        }
        events
    }

    pub(super) fn close_all(&self, state: &mut State, failure: Option<&Failure>) {
        let killed = Failure::killed();
        for current in mem::take(&mut state.current) {
            // The time of the others has not run out, but their process has gone with it.
            let failure = match failure {
                Some(Failure::TimedOut(limit)) if current.started.elapsed() < *limit => {
                    Some(&killed)
                }
                failure => failure,
            };
            self.close(state, current, failure);
        }
    }

    pub(super) fn close(
        &self,
        state: &mut State,
        mut current: Invocation,
        failure: Option<&Failure>,
    ) {
        let request_id = current.job.request_id;
        if self.output.wanted() {
            self.look_at_memory(state);
            let report = Report {
                request_id,
                duration: current.started.elapsed(),
                init: state.init.take(),
                memory_mb: self.traits.memory_mb,
                max_memory_mb: state.max_memory_mb,
                failure,
            };
            if let Some(Failure::TimedOut(limit)) = failure {
                self.output
                    .platform(|| report::timed_out(request_id, *limit));
            }
            self.output.platform(|| report::end(request_id));
            self.output.platform(|| report.line());
        }
        if let Some(failure) = failure.filter(|_| current.job.is_open()) {
            current.job.complete(failure.payload(request_id), true);
        }
        let tail = if current.job.with_log {
            self.output.take_tail()
        } else {
            String::new()
        };
        current.job.close(tail);
    }

    fn look_at_memory(&self, state: &mut State) {
        let now = Instant::now();
        if state.memory_known_until <= now
            && let Some(peak) = self.traits.process_id.and_then(peak_memory_mb)
        {
            state.max_memory_mb = peak;
            state.memory_known_until = now + MEMORY_INTERVAL;
        }
    }
}
