//! `cargo dev` at a terminal that stands still, is gone, or is closed.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it tells"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
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
    /// What it writes is read only by who takes it. It may open few files, as at a shell.
    fn start(state: &Path) -> Self {
        Self::start_where("--default-signal=HUP", state)
    }

    /// Whatever these tests have inherited, so that they pass under `nohup` too, `hangup` is what `env` does to the terminal's end.
    fn start_where(hangup: &str, state: &Path) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terminal");
        let child = Command::new("env")
            .arg(hangup)
            .args(["sh", "-c", "ulimit -S -n 256 && exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_local"))
            .args(["--port", "0", "--no-watch", "--state-dir"])
            .arg(state)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
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

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// The processes of the functions.
    fn functions(&self) -> Vec<u32> {
        let ours = |pid: &u32| {
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command).contains("bootstrap")
        };
        let pids = fs::read_dir("/proc").unwrap();
        pids.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
            .filter(|pid| stat(*pid).is_some_and(|(_, parent)| parent == self.0.id()))
            .filter(ours)
            .collect()
    }

    fn ends_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < patience {
            if let Some(status) = self.0.try_wait().unwrap() {
                return Some(status);
            }
            sleep(Duration::from_millis(50));
        }
        None
    }

    /// How it ends on Ctrl-C.
    fn interrupted(&mut self) -> ExitStatus {
        self.send(Signal::INT);
        let ended = self.ends_within(Duration::from_secs(20));
        ended.expect("an interrupt ends it")
    }
}

/// The state of a process, and its parent.
fn stat(pid: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

/// One that nobody has waited for yet has ended, too.
fn has_ended(pid: u32) -> bool {
    stat(pid).is_none_or(|(state, _)| state == "Z")
}

fn get(host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
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
        let answer = get(&host, "/");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("\"heard\""), "{answer}");
    }
    assert!(dev.interrupted().success());
}

#[test]
fn warnings_that_nobody_reads_stop_neither_the_gateway_nor_ctrl_c() {
    let state = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(state.path());
    let (host, _unread) = dev.overview();
    for _ in 0..3 {
        let answer = get(&host, "/fail");
        assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    }
    assert!(dev.interrupted().success());
}

/// `cargo dev 2>&1 | tee`: the terminal's Ctrl-C ends `tee` as well.
#[test]
fn a_reader_that_ends_with_ctrl_c_does_not_end_the_orderly_stop() {
    let state = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(state.path());
    let (_, stdout) = dev.overview();
    drop((stdout, dev.0.stderr.take()));
    assert!(dev.interrupted().success());
}

#[cfg(target_os = "linux")]
#[test]
fn the_files_of_a_shell_do_not_limit_the_sockets() {
    let state = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(state.path());
    let (_host, _unread) = dev.overview();
    let limits = fs::read_to_string(format!("/proc/{}/limits", dev.0.id())).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let files: Vec<&str> = files.unwrap().split_whitespace().collect();
    let (soft, hard) = (files[3], files[4]);
    let reached = hard == soft || soft.parse::<u64>().unwrap() == 65_536;
    assert!(reached, "{soft} of {hard}");
}

#[test]
fn an_error_is_shown_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Command::new(env!("CARGO_BIN_EXE_local"))
        .args(["--template", "no-such-template.yaml", "--port", "0"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8(dev.stderr).unwrap();
    assert_eq!(dev.status.code(), Some(1), "{said}");
    assert!(said.contains("error: "), "{said}");
}

#[test]
fn functions_end_with_the_terminal_and_with_a_stack_that_is_killed() {
    for signal in [Signal::HUP, Signal::KILL] {
        let state = tempfile::tempdir().unwrap();
        let mut dev = Dev::start(state.path());
        let (host, _output) = dev.overview();
        let answer = get(&host, "/stubborn");
        assert!(answer.ends_with("\"still here\""), "{answer}");
        let functions = dev.functions();
        assert_eq!(functions.len(), 1);
        dev.send(signal);
        let ended = dev.ends_within(Duration::from_secs(20));
        assert!(ended.is_some(), "{signal:?}");
        let start = Instant::now();
        while !functions.iter().all(|pid| has_ended(*pid)) {
            assert!(start.elapsed() < Duration::from_secs(10), "{signal:?}");
            sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn after_nohup_it_outlives_its_terminal() {
    let state = tempfile::tempdir().unwrap();
    let mut dev = Dev::start_where("--ignore-signal=HUP", state.path());
    let (host, _output) = dev.overview();
    dev.send(Signal::HUP);
    assert!(dev.ends_within(Duration::from_millis(500)).is_none());
    let answer = get(&host, "/stubborn");
    assert!(answer.ends_with("\"still here\""), "{answer}");
    assert!(dev.interrupted().success());
}
