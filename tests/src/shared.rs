//! What is dear to start, and can be used by several tests at the same time.

use std::{
    ops::Deref,
    panic::resume_unwind,
    sync::{Arc, Weak},
    thread,
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::Mutex,
};

/// One `T` for all tests that run at the same time. It is made for the first that asks, and ends with the last that has it.
#[derive(Debug)]
pub struct Shared<T: Send + 'static>(Mutex<Weak<Kept<T>>>);

/// The `T`, on a runtime of its own: each test's runtime ends with the test.
#[derive(Debug)]
pub struct Kept<T: Send + 'static> {
    /// There until the end.
    it: Option<T>,
    runtime: Option<Runtime>,
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// None yet.
    #[expect(clippy::new_without_default, reason = "it is the value of a static")]
    pub const fn new() -> Self {
        Self(Mutex::const_new(Weak::new()))
    }

    /// The one that there is, or a new one; none where `make` gives none.
    pub async fn get(
        &self,
        make: impl Future<Output = Option<T>> + Send + 'static,
    ) -> Option<Arc<Kept<T>>> {
        let mut place = self.0.lock().await;
        if let Some(kept) = place.upgrade() {
            return Some(kept);
        }
        let runtime = Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let made = runtime.spawn(make).await;
        let kept = Arc::new(Kept {
            it: made.unwrap_or_else(|failed| resume_unwind(failed.into_panic())),
            runtime: Some(runtime),
        });
        *place = Arc::downgrade(&kept);
        kept.it.is_some().then_some(kept)
    }
}

impl<T: Send> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.it.as_ref().expect("it is there until the end")
    }
}

impl<T: Send> Drop for Kept<T> {
    fn drop(&mut self) {
        let (it, runtime) = (self.it.take(), self.runtime.take());
        // A runtime cannot end within another one.
        let ended = thread::spawn(move || {
            let _entered = runtime.as_ref().map(Runtime::enter);
            drop(it);
        });
        if let Err(panic) = ended.join()
            && !thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}
