//! What a process writes, line by line, in order with what the platform says about it.

use std::{
    io::{self, PipeReader, Read},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{net::unix::pipe::Receiver, task::yield_now};

use crate::logs::{LogLine, LogSource, Logs};

/// A longer line is cut here, as Lambda cuts an event of its log: 256 KB.
const MAX_LINE_BYTES: usize = 256 * 1024;

/// How much is read before others have their turn.
const TURN_BYTES: usize = 8 * 1024;

/// What a pipe holds, and so the most that has been written before this moment and not been read.
const PIPE_BYTES: usize = 64 * 1024;

/// What `LogType=Tail` gives.
const TAIL_BYTES: usize = 4 * 1024;

/// The single pipe of a process's standard output and standard error.
#[derive(Debug)]
pub(super) struct Output {
    /// Wakes the pump.
    pipe: Receiver,
    /// The same pipe, read directly: that sees what has been written up to now, while Tokio's reader sees only what its
    /// event loop has been told about.
    now: PipeReader,
    lines: Mutex<Lines>,
}

#[derive(Debug)]
struct Lines {
    function: Arc<str>,
    logs: Logs,
    /// The start of a line whose end has not been read.
    partial: Vec<u8>,
    tail: Option<String>,
}

/// What a pipe has after a turn of reading.
enum Left {
    Nothing,
    MaybeMore,
}

impl Output {
    /// Reads a pipe for a function; must be called within a Tokio runtime.
    pub(super) fn new(pipe: PipeReader, function: Arc<str>, logs: Logs) -> io::Result<Self> {
        let now = pipe.try_clone()?;
        // Tokio makes the pipe non-blocking, for both.
        let pipe = Receiver::from_owned_fd(pipe.into())?;
        let lines = Lines {
            function,
            logs,
            partial: Vec::new(),
            tail: None,
        };
        Ok(Self {
            pipe,
            now,
            lines: Mutex::new(lines),
        })
    }

    /// Hands lines on until the process has closed its end.
    pub(super) async fn pump(&self) {
        while self.pipe.readable().await.is_ok() {
            let read = self
                .lock()
                .read(TURN_BYTES, |buffer| self.pipe.try_read(buffer));
            match read {
                Ok(Left::Nothing) => {}
                // A function that writes without end would keep the executor for itself.
                Ok(Left::MaybeMore) => yield_now().await,
                Err(error) => {
                    tracing::debug!("the output of a function ends: {error}");
                    return;
                }
            }
        }
    }

    /// Writes a line of the platform after everything that the process has written up to now.
    pub(super) fn platform(&self, line: impl FnOnce() -> String) {
        let mut lines = self.lock();
        if lines.wanted() {
            self.catch_up(&mut lines);
            let text = line();
            lines.write(LogSource::Platform, text);
        }
    }

    /// Whether anybody reads the log, or will ask for its tail.
    pub(super) fn wanted(&self) -> bool {
        self.lock().wanted()
    }

    /// Keeps the end of the log from now on.
    pub(super) fn keep_tail(&self) {
        self.lock().tail = Some(String::new());
    }

    /// The end of the log since `keep_tail`.
    pub(super) fn take_tail(&self) -> String {
        self.lock()
            .tail
            .take()
            .map(|tail| last(&tail, TAIL_BYTES).to_owned())
            .unwrap_or_default()
    }

    /// Hands on what is left, also a line without an end.
    pub(super) fn finish(&self) {
        let mut lines = self.lock();
        self.catch_up(&mut lines);
        if !lines.partial.is_empty() {
            lines.cut();
        }
    }

    fn catch_up(&self, lines: &mut Lines) {
        if let Err(error) = lines.read(PIPE_BYTES, |buffer| (&self.now).read(buffer)) {
            tracing::debug!("the output of a function ends: {error}");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn wanted(&self) -> bool {
        self.tail.is_some() || self.logs.has_readers()
    }

    /// Reads until there is nothing more for now, or until that much has been read.
    fn read(
        &mut self,
        limit: usize,
        mut source: impl FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<Left> {
        let mut buffer = [0; TURN_BYTES];
        let mut bytes = 0;
        while bytes < limit {
            match source(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    self.take(&buffer[..count]);
                    bytes += count;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Left::Nothing);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Left::MaybeMore)
    }

    fn take(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.partial.extend_from_slice(&rest[..end]);
            self.cut();
            rest = &rest[end + 1..];
        }
        self.partial.extend_from_slice(rest);
        if self.partial.len() > MAX_LINE_BYTES {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let text = String::from_utf8_lossy(&self.partial).into_owned();
        self.partial.clear();
        self.write(LogSource::Function, text);
    }

    fn write(&mut self, source: LogSource, text: String) {
        if let Some(tail) = &mut self.tail {
            tail.push_str(&text);
            tail.push('\n');
            if tail.len() > 4 * TAIL_BYTES {
                *tail = last(tail, TAIL_BYTES).to_owned();
            }
        }
        self.logs.write(LogLine {
            function: Arc::clone(&self.function),
            source,
            text,
        });
    }
}

/// At most the last `bytes` of a text, from the start of a character.
fn last(text: &str, bytes: usize) -> &str {
    let start = text.len().saturating_sub(bytes);
    let start = (start..text.len())
        .find(|index| text.is_char_boundary(*index))
        .unwrap_or(text.len());
    &text[start..]
}

#[cfg(test)]
mod tests {
    use std::{
        io::{PipeWriter, Write, pipe},
        pin::pin,
        time::Duration,
    };

    use futures_util::poll;
    use tokio::time::sleep;

    use super::{Left, LogLine, Logs, MAX_LINE_BYTES, Output, PIPE_BYTES};

    fn output() -> (
        PipeWriter,
        Output,
        tokio::sync::broadcast::Receiver<LogLine>,
    ) {
        let (reader, writer) = pipe().unwrap();
        let logs = Logs::new();
        let lines = logs.subscribe();
        (
            writer,
            Output::new(reader, "Fn".into(), logs).unwrap(),
            lines,
        )
    }

    #[tokio::test]
    async fn a_platform_line_comes_after_what_was_written_before_it() {
        let (mut writer, output, mut lines) = output();
        write!(writer, "one\ntwo\nhal").unwrap();
        output.platform(|| "END".to_owned());
        writeln!(writer, "f").unwrap();
        output.finish();
        let mut texts = Vec::new();
        while let Ok(line) = lines.try_recv() {
            texts.push(line.text);
        }
        assert_eq!(texts, ["one", "two", "END", "half"]);
    }

    #[tokio::test]
    async fn the_tail_is_the_last_four_kilobytes_of_whole_characters() {
        let (mut writer, output, _lines) = output();
        output.keep_tail();
        writeln!(writer, "{}", "ä".repeat(5000)).unwrap();
        output.platform(|| "END".to_owned());
        let tail = output.take_tail();
        assert!(tail.ends_with("ä\nEND\n"));
        assert!((4095..=4096).contains(&tail.len()), "{}", tail.len());
    }

    #[tokio::test]
    async fn one_turn_leaves_time_for_others_and_a_platform_line_has_all_before_it() {
        let (mut writer, output, mut lines) = output();
        let text = format!("{}\n", "x".repeat(1023));
        writer.write_all(text.repeat(64).as_bytes()).unwrap();
        let mut pump = pin!(output.pump());
        while lines.is_empty() {
            assert!(poll!(&mut pump).is_pending());
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(lines.len(), 8, "8 KiB in one turn");
        output.platform(|| "END".to_owned());
        assert_eq!(lines.len(), 65);
        for _ in 0..64 {
            assert_eq!(lines.try_recv().unwrap().text.len(), 1023);
        }
    }

    #[tokio::test]
    async fn a_process_that_writes_faster_than_it_is_read_keeps_nobody() {
        let (_writer, output, _lines) = output();
        let mut bytes = 0;
        let left = output.lock().read(PIPE_BYTES, |buffer| {
            assert!(bytes < PIPE_BYTES, "a pipe holds no more");
            buffer.fill(b'x');
            bytes += buffer.len();
            Ok(buffer.len())
        });
        assert!(matches!(left, Ok(Left::MaybeMore)));
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_cut() {
        let (mut writer, output, mut lines) = output();
        let write = tokio::task::spawn_blocking(move || {
            writer
                .write_all(&vec![b'x'; MAX_LINE_BYTES + 10_000])
                .unwrap()
        });
        output.pump().await;
        write.await.unwrap();
        let first = lines.recv().await.unwrap().text;
        assert!(
            first.len() > MAX_LINE_BYTES && first.len() <= MAX_LINE_BYTES + 8192,
            "{}",
            first.len()
        );
    }
}
