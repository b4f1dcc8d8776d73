//! UTF-8 that comes in pieces.

use super::fault::Fault;

/// A text of which not everything is there yet. A character may be cut anywhere, but what can no longer become UTF-8 is
/// refused at once.
#[derive(Debug, Default)]
pub(super) struct PartialText {
    bytes: Vec<u8>,
    /// Up to here it is whole characters.
    valid: usize,
}

impl PartialText {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), Fault> {
        self.bytes.extend_from_slice(piece);
        match str::from_utf8(&self.bytes[self.valid..]) {
            Ok(_) => self.valid = self.bytes.len(),
            // An unfinished character at the end.
            Err(error) if error.error_len().is_none() => self.valid += error.valid_up_to(),
            Err(_) => return Err(Fault::Payload),
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<String, Fault> {
        if self.valid < self.bytes.len() {
            return Err(Fault::Payload);
        }
        String::from_utf8(self.bytes).map_err(|_| Fault::Payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pieces: &[&[u8]]) -> Result<String, Fault> {
        let mut text = PartialText::default();
        for piece in pieces {
            text.push(piece)?;
        }
        text.finish()
    }

    #[test]
    fn characters_may_be_cut_anywhere() {
        let text = "κόσμε 😀";
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(joined(&pieces).as_deref(), Ok(text));
        assert_eq!(joined(&[b"", b"a", b""]).as_deref(), Ok("a"));
    }

    #[test]
    fn what_cannot_become_a_character_is_refused_at_once() {
        let mut text = PartialText::default();
        assert_eq!(text.push(&[0xCE, 0xBA, 0xED]), Ok(()));
        assert_eq!(text.push(&[0xA0]), Err(Fault::Payload), "half a surrogate");
        let mut text = PartialText::default();
        assert_eq!(text.push(&[0xF4]), Ok(()));
        assert_eq!(text.push(&[0x90]), Err(Fault::Payload), "beyond U+10FFFF");
    }

    #[test]
    fn a_text_does_not_end_within_a_character() {
        assert_eq!(joined(&[b"a", &[0xF0, 0x9F]]), Err(Fault::Payload));
    }
}
