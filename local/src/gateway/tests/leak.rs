//! What a socket leaves behind: nothing.

use std::time::Duration;

use super::{
    functions::ok,
    raw::{CLOSE, FIN, Raw, Said, frame},
    world::Setup,
};

/// How many files and sockets this process has open. Other tests of this process have theirs, too, so what counts is a
/// growth that comes near to one for each socket.
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[tokio::test]
async fn a_thousand_sockets_leave_nothing_behind() {
    let world = Setup::new()
        .one_way("$connect", |_| ok())
        .one_way("$disconnect", |_| ok())
        .start()
        .await;
    let before = open_files();
    for round in 0..1000 {
        let mut client = Raw::open(&world, &[]).await;
        // Half of them go without a word.
        if round % 2 == 0 {
            client.send(frame(FIN | CLOSE, "")).await;
            assert_eq!(client.said().await, Said::Close(None));
        }
    }
    world.event("$disconnect", 999).await;
    assert_eq!(world.gateway.connection_count(), 0);
    let mut after = open_files();
    for _ in 0..100 {
        if after < before + 500 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        after = open_files();
    }
    assert!(after < before + 500, "{before} files became {after}");
}
