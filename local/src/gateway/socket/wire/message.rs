//! Messages from frames.

use super::{
    close::CloseFrame,
    fault::Fault,
    header::{Header, Opcode},
    inflate::Inflate,
    reader::WireLimits,
    text::PartialText,
};

/// What a client says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Text(String),
    Ping(Vec<u8>),
    Pong,
    /// Without content when the client gave no code.
    Close(Option<CloseFrame>),
}

/// Puts the frames of messages together.
#[derive(Debug)]
pub(super) struct Assembler {
    limits: WireLimits,
    /// When compression was agreed on.
    inflate: Option<Inflate>,
    partial: Option<Partial>,
}

/// A message that is not at its end.
#[derive(Debug, Default)]
struct Partial {
    text: PartialText,
    compressed: bool,
    /// Payload of its frames as it came, in bytes.
    wire_bytes: u64,
}

impl Assembler {
    pub(super) fn new(limits: WireLimits, compression: bool) -> Self {
        Self {
            limits,
            inflate: compression.then(Inflate::default),
            partial: None,
        }
    }

    /// Refuses a frame by its header: nobody has to wait for a payload that will not be taken.
    pub(super) fn check(&self, header: &Header) -> Result<(), Fault> {
        if header.opcode.is_control() {
            return Ok(());
        }
        let continues = header.opcode == Opcode::Continuation;
        if continues != self.partial.is_some()
            || header.compressed && (continues || self.inflate.is_none())
        {
            return Err(Fault::Protocol);
        }
        if header.opcode == Opcode::Binary {
            return Err(Fault::Binary);
        }
        let before = self
            .partial
            .as_ref()
            .map_or(0, |partial| partial.wire_bytes);
        if header.payload > self.limits.frame_bytes as u64
            || before + header.payload > self.limits.message_bytes as u64
        {
            return Err(Fault::TooBig);
        }
        Ok(())
    }

    /// Takes a frame that was checked; the event that it completes, if it does.
    pub(super) fn accept(
        &mut self,
        header: &Header,
        payload: &[u8],
    ) -> Result<Option<Event>, Fault> {
        match header.opcode {
            Opcode::Ping => Ok(Some(Event::Ping(payload.to_vec()))),
            Opcode::Pong => Ok(Some(Event::Pong)),
            Opcode::Close => CloseFrame::parse(payload).map(|frame| Some(Event::Close(frame))),
            Opcode::Text | Opcode::Binary | Opcode::Continuation => self.data(header, payload),
        }
    }

    fn data(&mut self, header: &Header, payload: &[u8]) -> Result<Option<Event>, Fault> {
        let mut partial = self.partial.take().unwrap_or_else(|| Partial {
            compressed: header.compressed,
            ..Partial::default()
        });
        partial.wire_bytes += payload.len() as u64;
        match &mut self.inflate {
            Some(inflate) if partial.compressed => {
                let left = self.limits.message_bytes - partial.text.len();
                let limit = left.min(self.limits.inflated_frame_bytes);
                let piece = if header.last {
                    inflate.last_piece(payload, limit)?
                } else {
                    inflate.piece(payload, limit)?
                };
                partial.text.push(&piece)?;
            }
            _ => partial.text.push(payload)?,
        }
        if header.last {
            return partial.text.finish().map(|text| Some(Event::Text(text)));
        }
        self.partial = Some(partial);
        Ok(None)
    }
}
