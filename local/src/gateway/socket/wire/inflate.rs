//! Undoing the compression of a client's messages, RFC 7692 section 7.2.2.

use flate2::{Decompress, FlushDecompress, Status};

use super::fault::Fault;

/// What every sender leaves out at the end of a message.
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// How far back a client's compressor may refer: DEFLATE's own 32 KiB, because nothing less was agreed on.
const WINDOW_BYTES: usize = 32 * 1024;

/// How much is inflated at once.
const CHUNK_BYTES: usize = 8 * 1024;

/// Inflates the messages of one client.
///
/// A compressor may refer to earlier messages, so something has to be kept between two. It is only the end of what was
/// said, not the machine that reads it: a client that has said little costs little.
#[derive(Default)]
pub(super) struct Inflate {
    history: Vec<u8>,
    /// While a message is unfinished.
    stream: Option<Decompress>,
}

impl Inflate {
    /// Inflates a piece of a message. More than `limit` bytes are too many.
    pub(super) fn piece(&mut self, input: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
        let mut output = Vec::new();
        self.feed(input, &mut output, limit)?;
        Ok(output)
    }

    /// Inflates the last piece of a message.
    pub(super) fn last_piece(&mut self, input: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
        let mut output = self.piece(input, limit)?;
        self.feed(&TAIL, &mut output, limit)?;
        self.stream = None;
        Ok(output)
    }

    fn feed(&mut self, mut input: &[u8], output: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
        let mut chunk = [0; CHUNK_BYTES];
        loop {
            let stream = match &mut self.stream {
                Some(stream) => stream,
                None => self.stream.insert(resumed(&self.history)?),
            };
            let before = (stream.total_in(), stream.total_out());
            let status = stream
                .decompress(input, &mut chunk, FlushDecompress::Sync)
                .map_err(|_| Fault::Payload)?;
            let consumed = (stream.total_in() - before.0) as usize;
            let written = (stream.total_out() - before.1) as usize;
            if output.len() + written > limit {
                return Err(Fault::TooBig);
            }
            output.extend_from_slice(&chunk[..written]);
            input = &input[consumed..];
            remember(&mut self.history, &chunk[..written]);
            match status {
                // A client may end its DEFLATE stream within a message and go on with a new one.
                Status::StreamEnd => self.stream = None,
                _ if written == CHUNK_BYTES => continue,
                Status::BufError if !input.is_empty() => return Err(Fault::Payload),
                _ => {}
            }
            if input.is_empty() {
                return Ok(());
            }
        }
    }
}

impl std::fmt::Debug for Inflate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Inflate({} bytes)", self.history.len())
    }
}

/// A stream that knows what was said before.
fn resumed(history: &[u8]) -> Result<Decompress, Fault> {
    let mut stream = Decompress::new(false);
    if !history.is_empty() {
        stream.set_dictionary(history).map_err(|_| Fault::Payload)?;
    }
    Ok(stream)
}

fn remember(history: &mut Vec<u8>, said: &[u8]) {
    let excess = (history.len() + said.len()).saturating_sub(WINDOW_BYTES);
    history.drain(..excess.min(history.len()));
    history.extend_from_slice(&said[said.len().saturating_sub(WINDOW_BYTES)..]);
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    /// A client's compressor, which keeps its window over all messages.
    struct Client(Compress);

    impl Client {
        fn new() -> Self {
            Self(Compress::new(Compression::default(), false))
        }

        fn message(&mut self, text: &[u8]) -> Vec<u8> {
            let mut out = Vec::with_capacity(text.len() * 2 + 64);
            self.0
                .compress_vec(text, &mut out, FlushCompress::Sync)
                .unwrap();
            assert!(out.ends_with(&TAIL));
            out.truncate(out.len() - TAIL.len());
            out
        }
    }

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        let mut inflate = Inflate::default();
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(inflate.last_piece(&hello, 100).unwrap(), b"Hello");
        let of_the_window = [0xf2, 0x00, 0x11, 0x00, 0x00];
        assert_eq!(inflate.last_piece(&of_the_window, 100).unwrap(), b"Hello");
        let not_compressed = [
            0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00,
        ];
        assert_eq!(inflate.last_piece(&not_compressed, 100).unwrap(), b"Hello");
        let final_block = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        assert_eq!(inflate.last_piece(&final_block, 100).unwrap(), b"Hello");
        let two_blocks = [
            0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
        ];
        assert_eq!(inflate.last_piece(&two_blocks, 100).unwrap(), b"Hello");
    }

    #[test]
    fn messages_refer_to_earlier_ones_as_far_back_as_the_window() {
        let (mut client, mut inflate) = (Client::new(), Inflate::default());
        for round in 0..60_u32 {
            let noise: String = (0..700)
                .map(|index: u32| ((index * 7919 + round * 104_729) % 9973).to_string())
                .collect();
            let text = format!("{round} {noise}");
            let message = client.message(text.as_bytes());
            let (first, second) = message.split_at(message.len() / 2);
            let mut read = inflate.piece(first, 100_000).unwrap();
            read.extend(inflate.last_piece(second, 100_000).unwrap());
            assert_eq!(read, text.as_bytes(), "{round}");
        }
        assert_eq!(inflate.history.len(), WINDOW_BYTES);
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let message = Client::new().message(&vec![b'x'; 200_000]);
        assert!(message.len() < 1000);
        let inflated = Inflate::default().last_piece(&message, 200_000);
        assert_eq!(inflated.unwrap().len(), 200_000);
        let stopped = Inflate::default().last_piece(&message, 199_999);
        assert_eq!(stopped, Err(Fault::TooBig));
    }

    #[test]
    fn what_no_compressor_writes_is_refused() {
        let nonsense = Inflate::default().last_piece(&[0x07, 0xFF, 0xFF], 100);
        assert_eq!(nonsense, Err(Fault::Payload));
    }
}
