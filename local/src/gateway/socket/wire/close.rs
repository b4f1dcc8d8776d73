//! What a close frame says.

use super::fault::Fault;

/// What a close frame says: code and reason, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CloseFrame {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

impl CloseFrame {
    /// The longest reason in bytes: a control frame has 125, the code takes two.
    const MAX_REASON_BYTES: usize = 123;

    /// A client's close frame; none for an empty one.
    pub(super) fn parse(payload: &[u8]) -> Result<Option<Self>, Fault> {
        if payload.is_empty() {
            return Ok(None);
        }
        let (code, reason) = payload.split_first_chunk::<2>().ok_or(Fault::Protocol)?;
        let code = u16::from_be_bytes(*code);
        if !may_be_sent(code) {
            return Err(Fault::Protocol);
        }
        let reason = str::from_utf8(reason).map_err(|_| Fault::Payload)?;
        Ok(Some(Self {
            code,
            reason: reason.to_owned(),
        }))
    }

    pub(super) fn payload(&self) -> Vec<u8> {
        let end = self.reason.floor_char_boundary(Self::MAX_REASON_BYTES);
        let mut payload = self.code.to_be_bytes().to_vec();
        payload.extend_from_slice(&self.reason.as_bytes()[..end]);
        payload
    }
}

/// Whether a code may stand in a frame: 1004 to 1006 and 1015 mean something only where there is no frame, and nobody
/// has given a meaning to the others that are left out. RFC 6455 section 7.4 and IANA's registry.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(code: u16, reason: &[u8]) -> Result<Option<CloseFrame>, Fault> {
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend_from_slice(reason);
        CloseFrame::parse(&payload)
    }

    #[test]
    fn a_close_frame_may_say_nothing_but_not_half_a_code() {
        assert_eq!(CloseFrame::parse(&[]), Ok(None));
        assert_eq!(CloseFrame::parse(&[3]), Err(Fault::Protocol));
    }

    #[test]
    fn only_codes_with_a_meaning_in_a_frame_are_taken() {
        for code in [1000, 1001, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999] {
            assert_eq!(parsed(code, b"bye").unwrap().unwrap().code, code);
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
            assert_eq!(parsed(code, b""), Err(Fault::Protocol), "{code}");
        }
    }

    #[test]
    fn a_reason_is_text() {
        assert_eq!(parsed(1000, &[0xC3]), Err(Fault::Payload));
        let frame = parsed(1000, "tschüß".as_bytes()).unwrap().unwrap();
        assert_eq!(frame.reason, "tschüß");
        assert_eq!(CloseFrame::parse(&frame.payload()), Ok(Some(frame)));
    }

    #[test]
    fn a_reason_that_is_too_long_is_cut_between_characters() {
        let reason = "é".repeat(100);
        let payload = CloseFrame { code: 1000, reason }.payload();
        assert_eq!(payload.len(), 2 + 122);
        assert!(CloseFrame::parse(&payload).is_ok());
    }
}
