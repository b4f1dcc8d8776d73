//! The first bytes of a frame.

use bytes::BufMut;

use super::fault::Fault;

/// The longest payload that a control frame may have, RFC 6455 section 5.5.
const MAX_CONTROL_BYTES: u64 = 125;

const FIN: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
const RESERVED: u8 = 0x30;
const MASKED: u8 = 0x80;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    const ALL: [(Self, u8); 6] = [
        (Self::Continuation, 0x0),
        (Self::Text, 0x1),
        (Self::Binary, 0x2),
        (Self::Close, 0x8),
        (Self::Ping, 0x9),
        (Self::Pong, 0xA),
    ];

    fn from_bits(bits: u8) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == bits);
        found.map(|(opcode, _)| *opcode)
    }

    fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The header of a client's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) last: bool,
    /// RSV1, which RFC 7692 gives a meaning.
    pub(super) compressed: bool,
    pub(super) opcode: Opcode,
    pub(super) mask: [u8; 4],
    pub(super) payload: u64,
    /// Bytes of the header itself.
    pub(super) len: usize,
}

impl Header {
    /// The header that the bytes begin with; none while it is not there as a whole.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, Fault> {
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        // Said as soon as it can be known, even of a header that never comes to its end.
        let opcode = Opcode::from_bits(first & 0x0F).ok_or(Fault::Protocol)?;
        if first & RESERVED != 0 || second & MASKED == 0 {
            return Err(Fault::Protocol);
        }
        let Some((payload, rest)) = length(second & !MASKED, rest)? else {
            return Ok(None);
        };
        let header = Self {
            last: first & FIN != 0,
            compressed: first & COMPRESSED != 0,
            opcode,
            mask: [0; 4],
            payload,
            len: bytes.len() - rest.len() + 4,
        };
        let control = opcode.is_control();
        if control && (!header.last || header.compressed || payload > MAX_CONTROL_BYTES) {
            return Err(Fault::Protocol);
        }
        let mask = rest.first_chunk::<4>();
        Ok(mask.map(|mask| Self {
            mask: *mask,
            ..header
        }))
    }
}

/// The length that seven bits and what follows them say, and the rest. It has to be written in the shortest form.
fn length(short: u8, rest: &[u8]) -> Result<Option<(u64, &[u8])>, Fault> {
    let (length, least, rest) = match short {
        126 => match rest.split_first_chunk::<2>() {
            Some((bytes, rest)) => (u64::from(u16::from_be_bytes(*bytes)), 126, rest),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk::<8>() {
            Some((bytes, rest)) => (u64::from_be_bytes(*bytes), 0x1_0000, rest),
            None => return Ok(None),
        },
        short => (u64::from(short), 0, rest),
    };
    if length < least || length > i64::MAX as u64 {
        return Err(Fault::Protocol);
    }
    Ok(Some((length, rest)))
}

/// Puts a mask on a payload, or takes it off.
pub(super) fn apply_mask(payload: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from_ne_bytes([
        mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3],
    ]);
    let (chunks, tail) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in tail.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// Writes the header of a server's frame.
pub(super) fn put(
    out: &mut impl BufMut,
    opcode: Opcode,
    last: bool,
    compressed: bool,
    payload: usize,
) {
    let flags = if last { FIN } else { 0 } | if compressed { COMPRESSED } else { 0 };
    out.put_u8(flags | opcode.bits());
    match payload {
        0..126 => out.put_u8(payload as u8),
        126..0x1_0000 => {
            out.put_u8(126);
            out.put_u16(payload as u16);
        }
        _ => {
            out.put_u8(127);
            out.put_u64(payload as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Result<Option<(Opcode, u64, usize)>, Fault> {
        Header::parse(bytes)
            .map(|header| header.map(|header| (header.opcode, header.payload, header.len)))
    }

    #[test]
    fn a_header_is_read_only_when_it_is_whole() {
        let long = [0x81, 0xFE, 0x01, 0x00, 1, 2, 3, 4];
        for end in 0..long.len() {
            assert_eq!(parse(&long[..end]), Ok(None), "{end}");
        }
        assert_eq!(parse(&long), Ok(Some((Opcode::Text, 256, 8))));
        assert_eq!(
            parse(&[0x80, 0x85, 1, 2, 3, 4, 0]),
            Ok(Some((Opcode::Continuation, 5, 6)))
        );
        let longest = [0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4];
        assert_eq!(parse(&longest), Ok(Some((Opcode::Text, 65_536, 14))));
    }

    #[test]
    fn what_no_client_may_send_is_a_protocol_error() {
        let cases: [(&str, &[u8]); 10] = [
            ("RSV2", &[0xA1, 0x80]),
            ("RSV3", &[0x91, 0x80]),
            ("a reserved data opcode", &[0x83, 0x80]),
            ("a reserved control opcode", &[0x8B, 0x80]),
            ("no mask", &[0x81, 0x00]),
            ("a long ping", &[0x89, 0xFE, 0x00, 0x7E]),
            ("a ping in pieces", &[0x09, 0x80]),
            ("a compressed ping", &[0xC9, 0x80]),
            ("16 bits for 125 bytes", &[0x81, 0xFE, 0x00, 0x7D]),
            (
                "a negative length",
                &[0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0],
            ),
        ];
        for (what, bytes) in cases {
            assert_eq!(parse(bytes), Err(Fault::Protocol), "{what}");
        }
    }

    #[test]
    fn lengths_are_written_in_their_shortest_form() {
        let written = |payload| {
            let mut out = Vec::new();
            put(&mut out, Opcode::Text, true, false, payload);
            out
        };
        assert_eq!(written(125), [0x81, 125]);
        assert_eq!(written(126), [0x81, 126, 0, 126]);
        assert_eq!(written(65_535), [0x81, 126, 0xFF, 0xFF]);
        assert_eq!(written(65_536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_mask_that_is_applied_twice_changes_nothing() {
        let mut payload: Vec<u8> = (0..=20).collect();
        let plain = payload.clone();
        apply_mask(&mut payload, [1, 2, 3, 4]);
        assert_eq!(payload[..5], [1, 3, 1, 7, 5]);
        assert_eq!(payload[16..], [17, 19, 17, 23, 21]);
        apply_mask(&mut payload, [1, 2, 3, 4]);
        assert_eq!(payload, plain);
    }
}
