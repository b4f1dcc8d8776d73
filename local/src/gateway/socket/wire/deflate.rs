//! Agreeing on compression, and compressing what goes to a client, RFC 7692.

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress};

/// `server_max_window_bits` of API Gateway's answer: it compresses with a window of 4 KiB.
const WINDOW_BITS: u8 = 12;

/// The smallest window that DEFLATE compressors can have; RFC 7692 allows to ask for 8.
const MIN_WINDOW_BITS: u8 = 9;

/// What every compressor writes at the end of a message, and nobody sends.
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

thread_local! {
    /// Every message is compressed by itself, as RFC 7692 lets a sender do without being asked, so one compressor
    /// serves all sockets. One for each would be 100 KiB a socket.
    static COMPRESSOR: RefCell<Compress> = RefCell::new(compressor(WINDOW_BITS));
}

/// The agreement to compress the messages of a socket, as an answer to a client's offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deflate {
    window_bits: u8,
    /// The client wants every message to be compressed by itself, which has to be confirmed.
    without_takeover: bool,
}

impl Deflate {
    /// Accepts the first of the offers in `Sec-WebSocket-Extensions` that can be accepted.
    pub(crate) fn negotiate<'h>(headers: impl IntoIterator<Item = &'h str>) -> Option<Self> {
        let offers = headers.into_iter().flat_map(|header| header.split(','));
        offers.map(str::trim).find_map(Self::accept)
    }

    fn accept(offer: &str) -> Option<Self> {
        let mut parts = offer.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case("permessage-deflate") {
            return None;
        }
        let mut accepted = Self {
            window_bits: WINDOW_BITS,
            without_takeover: false,
        };
        let mut seen = Vec::new();
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
                None => (part, None),
            };
            if seen.contains(&name) {
                return None;
            }
            seen.push(name);
            match (name, value) {
                ("server_no_context_takeover", None) => accepted.without_takeover = true,
                ("server_max_window_bits", Some(bits)) => {
                    let asked = window_bits(bits).filter(|bits| *bits >= MIN_WINDOW_BITS)?;
                    accepted.window_bits = WINDOW_BITS.min(asked);
                }
                ("client_max_window_bits", Some(bits)) => {
                    window_bits(bits)?;
                }
                // What a client can or wants to do itself is its own affair.
                ("client_no_context_takeover" | "client_max_window_bits", None) => {}
                _ => return None,
            }
        }
        Some(accepted)
    }

    /// `Sec-WebSocket-Extensions` of the 101, with the spaces of API Gateway: none.
    pub(crate) fn answer(self) -> String {
        let takeover = if self.without_takeover {
            ";server_no_context_takeover"
        } else {
            ""
        };
        format!(
            "permessage-deflate{takeover};server_max_window_bits={}",
            self.window_bits
        )
    }

    /// A message as it goes into frames.
    pub(super) fn compress(self, message: &[u8]) -> Vec<u8> {
        if self.window_bits == WINDOW_BITS {
            COMPRESSOR.with_borrow_mut(|stream| compressed(stream, message))
        } else {
            compressed(&mut compressor(self.window_bits), message)
        }
    }
}

/// 8 to 15, without leading zeros.
fn window_bits(text: &str) -> Option<u8> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let bits: u8 = text.parse().ok().filter(|_| plain)?;
    (8..=15).contains(&bits).then_some(bits)
}

fn compressor(window_bits: u8) -> Compress {
    Compress::new_with_window_bits(Compression::fast(), false, window_bits)
}

fn compressed(stream: &mut Compress, message: &[u8]) -> Vec<u8> {
    stream.reset();
    let mut out = Vec::with_capacity(message.len() / 2 + 64);
    loop {
        let read = stream.total_in() as usize;
        stream
            .compress_vec(&message[read..], &mut out, FlushCompress::Sync)
            .expect("a stream that was reset takes any bytes");
        // With room left, everything is read and flushed.
        if out.len() < out.capacity() {
            break;
        }
        out.reserve(out.capacity());
    }
    out.truncate(out.len() - TAIL.len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::socket::wire::inflate::Inflate;

    fn answer(offers: &[&str]) -> Option<String> {
        Deflate::negotiate(offers.iter().copied()).map(Deflate::answer)
    }

    #[test]
    fn the_offer_of_browsers_gets_the_answer_of_aws() {
        let aws = Some("permessage-deflate;server_max_window_bits=12".to_owned());
        assert_eq!(answer(&["permessage-deflate; client_max_window_bits"]), aws);
        assert_eq!(answer(&["permessage-deflate"]), aws);
        assert_eq!(
            answer(&["x-webkit-deflate-frame, permessage-deflate;client_no_context_takeover"]),
            aws
        );
        assert_eq!(
            answer(&["foo", "permessage-deflate; server_max_window_bits=15"]),
            aws
        );
    }

    #[test]
    fn what_a_client_demands_of_the_server_is_confirmed() {
        assert_eq!(
            answer(&[
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=\"10\""
            ]),
            Some(
                "permessage-deflate;server_no_context_takeover;server_max_window_bits=10"
                    .to_owned()
            )
        );
    }

    #[test]
    fn an_offer_that_cannot_be_met_is_declined() {
        for offer in [
            "",
            "permessage-bzip2",
            "permessage-deflate; server_max_window_bits=8",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; client_max_window_bits=09",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; unheard_of",
            "permessage-deflate; client_max_window_bits; client_max_window_bits",
        ] {
            assert_eq!(answer(&[offer]), None, "{offer}");
        }
        assert!(
            answer(&["permessage-deflate; server_max_window_bits=8, permessage-deflate"]).is_some()
        );
    }

    #[test]
    fn what_is_compressed_can_be_read_again() {
        let mut inflate = Inflate::default();
        let deflate = Deflate::accept("permessage-deflate").unwrap();
        let noise: String = (0..20_000_u32)
            .map(|index| char::from(b'!' + (index.wrapping_mul(2_654_435_761) >> 25) as u8 % 90))
            .collect();
        for text in ["", "Hello", &"x".repeat(100_000), &noise] {
            let message = deflate.compress(text.as_bytes());
            let read = inflate.last_piece(&message, 200_000).unwrap();
            assert_eq!(read, text.as_bytes());
        }
    }

    #[test]
    fn no_compressor_refers_back_over_more_than_the_window() {
        let text = ["x".repeat(10), "-".repeat(6000), "y".repeat(10)].concat();
        let narrow = Deflate::accept("permessage-deflate; server_max_window_bits=9").unwrap();
        let message = narrow.compress(text.as_bytes());
        let mut stream = flate2::Decompress::new_with_window_bits(false, 9);
        let mut out = Vec::with_capacity(7000);
        stream
            .decompress_vec(&message, &mut out, flate2::FlushDecompress::Sync)
            .unwrap();
        assert_eq!(out, text.as_bytes());
    }
}
