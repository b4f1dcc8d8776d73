//! Standard error, written by a thread of its own. A terminal that stands still, as after Ctrl-S, then keeps nobody waiting, and a
//! reader that is gone, as `tee` after a Ctrl-C, is no reason to stop.

use std::{
    io::{self, Write},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Duration,
};

/// How many texts may wait to be shown, most of them a line. What comes then is lost.
const ROOM: usize = 4096;

/// How long the last text may take to be shown.
const PATIENCE: Duration = Duration::from_secs(1);

static STDERR: LazyLock<Lossy> = LazyLock::new(|| Lossy::to(io::stderr()));

/// Shows a text soon.
pub(crate) fn print(text: &str) {
    STDERR.push(text.as_bytes());
}

/// Shows a text after all others, however many wait, and returns when it is shown or when nobody reads.
pub(crate) fn finish(text: &str) {
    STDERR.finish(text);
}

/// For `tracing`, which writes a line at a time.
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        STDERR.push(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A queue before a writer that may stand still.
struct Lossy {
    items: Sender<Item>,
    counts: Arc<Counts>,
}

enum Item {
    Text(Vec<u8>),
    /// Answered when all before it is shown.
    Mark(Sender<()>),
}

#[derive(Default)]
struct Counts {
    waiting: AtomicUsize,
    lost: AtomicUsize,
}

impl Lossy {
    fn to(output: impl Write + Send + 'static) -> Self {
        let (items, received) = mpsc::channel();
        let counts = Arc::<Counts>::default();
        let shared = Arc::clone(&counts);
        thread::spawn(move || show(received, output, &shared));
        Self { items, counts }
    }

    fn push(&self, text: &[u8]) {
        let Counts { waiting, lost } = &*self.counts;
        if waiting.load(Ordering::Relaxed) >= ROOM {
            lost.fetch_add(1, Ordering::Relaxed);
        } else {
            self.send(text);
        }
    }

    fn finish(&self, text: &str) {
        self.send(text.as_bytes());
        let (mark, shown) = mpsc::channel();
        drop(self.items.send(Item::Mark(mark)));
        // Nobody reads, and nobody would read of that either.
        shown.recv_timeout(PATIENCE).unwrap_or_default();
    }

    fn send(&self, text: &[u8]) {
        self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        // The thread ends only with the process.
        drop(self.items.send(Item::Text(text.to_owned())));
    }
}

/// Writes until the sender is gone. A reader that is gone is nobody to tell of it.
fn show(items: Receiver<Item>, mut output: impl Write, counts: &Counts) {
    for item in items {
        match item {
            Item::Text(text) => {
                drop(output.write_all(&text));
                if counts.waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
                    tell_lost(&mut output, counts.lost.swap(0, Ordering::Relaxed));
                }
            }
            Item::Mark(mark) => drop(mark.send(())),
        }
    }
}

fn tell_lost(output: &mut impl Write, lost: usize) {
    if lost > 0 {
        drop(writeln!(
            output,
            "… {lost} lines were too quick to be shown"
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_screen_that_stands_still_loses_lines_and_shows_the_last_one() {
        let screen = Screen::default();
        let lossy = Lossy::to(screen.clone());
        let stands_still = screen.0.lock().unwrap();
        for number in 0..ROOM + 7 {
            lossy.push(format!("{number}\n").as_bytes());
        }
        drop(stands_still);
        lossy.finish("end\n");
        let shown = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
        let shown: Vec<&str> = shown.lines().collect();
        assert_eq!(shown[..2], ["0", "1"]);
        assert!(shown.contains(&"… 7 lines were too quick to be shown"));
        assert!(shown.contains(&"end"));
        assert_eq!(shown.len(), ROOM + 2);
    }
}
