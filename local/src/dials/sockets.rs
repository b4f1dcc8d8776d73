//! Sockets that all end at once, as when a gateway restarts.

use tokio::sync::Notify;

/// Every open socket of a stack.
#[derive(Debug, Default)]
pub struct Sockets {
    cut: Notify,
}

impl Sockets {
    /// Ends every socket that is open, without a close frame. What the functions still answer to it is lost, and each
    /// gets its `$disconnect`, unless that is lost, too.
    pub fn cut(&self) {
        self.cut.notify_waiters();
    }

    /// Returns when the sockets that are open now are cut.
    pub(crate) async fn until_cut(&self) {
        self.cut.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, time::Duration};

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn only_those_that_are_open_are_cut() {
        let sockets = Sockets::default();
        let mut open = pin!(sockets.until_cut());
        assert!(timeout(Duration::from_millis(1), &mut open).await.is_err());
        sockets.cut();
        open.await;
        let later = timeout(Duration::from_millis(20), sockets.until_cut());
        assert!(later.await.is_err());
    }
}
