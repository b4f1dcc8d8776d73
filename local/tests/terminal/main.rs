//! `cargo dev` at a terminal that stands still.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it tells"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Ended with the test, however that ends.
struct Dev(Child);

impl Drop for Dev {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Dev {
    fn start(state: &Path) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terminal");
        let child = Command::new(env!("CARGO_BIN_EXE_local"))
            .args(["--port", "0", "--no-watch", "--state-dir"])
            .arg(state)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Reads what is shown at the start, and no more: the address of the REST API is in it. The reader is kept, so that the pipe stays.
    fn overview(&mut self) -> (String, BufReader<ChildStdout>) {
        let mut reader = BufReader::with_capacity(1, self.0.stdout.take().unwrap());
        let (mut shown, mut line) = (String::new(), String::new());
        while !line.contains("Ctrl-C") {
            line.clear();
            assert!(
                reader.read_line(&mut line).unwrap() > 0,
                "it ended: {shown}"
            );
            shown.push_str(&line);
        }
        let (_, rest) = shown.split_once("http://").unwrap();
        let end = rest.find('/').unwrap();
        (rest[..end].to_owned(), reader)
    }

    fn ends_within(&mut self, patience: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < patience {
            if self.0.try_wait().unwrap().is_some() {
                return true;
            }
            sleep(Duration::from_millis(50));
        }
        false
    }
}

fn get(host: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    write!(
        stream,
        "GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn logs_that_nobody_reads_stop_neither_the_gateway_nor_ctrl_c() {
    let state = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(state.path());
    let (host, _unread) = dev.overview();
    for _ in 0..3 {
        let answer = get(&host);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("\"heard\""), "{answer}");
    }
    let pid = Pid::from_raw(dev.0.id().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert!(
        dev.ends_within(Duration::from_secs(20)),
        "an interrupt ends it"
    );
}
