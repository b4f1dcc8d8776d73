//! Frames from bytes.

use std::{cell::RefCell, future::poll_fn, pin::Pin, task::ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

use super::{
    fault::Fault,
    header::{Header, apply_mask},
    message::{Assembler, Event},
};

/// How much is read at once.
const SCRATCH_BYTES: usize = 16 * 1024;

thread_local! {
    /// Where bytes land. A read that finds nothing needs no buffer then, so a socket has one only while half a frame
    /// is there.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice());
}

/// How much a client may say at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WireLimits {
    /// Payload of a frame as it comes.
    pub(crate) frame_bytes: usize,
    /// Payload of a message over all frames, as it comes and inflated.
    pub(crate) message_bytes: usize,
    /// Payload of a frame inflated.
    pub(crate) inflated_frame_bytes: usize,
}

/// Reads what a client says.
#[derive(Debug)]
pub(crate) struct Reader<S> {
    stream: S,
    /// What has come of a frame, and what came with it.
    buffer: BytesMut,
    assembler: Assembler,
}

impl<S: AsyncRead + Unpin> Reader<S> {
    pub(crate) fn new(stream: S, limits: WireLimits, compression: bool) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            assembler: Assembler::new(limits, compression),
        }
    }

    /// The next thing that the client says. Nothing is lost when the future is dropped. After a fault the rest of the
    /// stream means nothing.
    pub(crate) async fn next(&mut self) -> Result<Event, Fault> {
        loop {
            if let Some(event) = self.buffered()? {
                return Ok(event);
            }
            if self.buffer.is_empty() {
                self.buffer = BytesMut::new();
            }
            self.fill().await?;
        }
    }

    /// Reads what still comes, and forgets it.
    pub(crate) async fn drain(&mut self) {
        self.buffer = BytesMut::new();
        let mut sink = [0; 1024];
        while matches!(self.stream.read(&mut sink).await, Ok(1..)) {}
    }

    /// The next event, if its bytes are there.
    fn buffered(&mut self) -> Result<Option<Event>, Fault> {
        while let Some(header) = Header::parse(&self.buffer)? {
            self.assembler.check(&header)?;
            let frame_bytes = usize::try_from(header.payload)
                .map_err(|_| Fault::TooBig)?
                .saturating_add(header.len);
            if self.buffer.len() < frame_bytes {
                return Ok(None);
            }
            let mut frame = self.buffer.split_to(frame_bytes);
            let payload = &mut frame[header.len..];
            apply_mask(payload, header.mask);
            if let Some(event) = self.assembler.accept(&header, payload)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    async fn fill(&mut self) -> Result<(), Fault> {
        let Self { stream, buffer, .. } = self;
        poll_fn(|context| {
            SCRATCH.with_borrow_mut(|scratch| {
                let mut read = ReadBuf::new(scratch);
                let result = ready!(Pin::new(&mut *stream).poll_read(context, &mut read));
                let filled = read.filled();
                if result.is_err() || filled.is_empty() {
                    return Err(Fault::Lost).into();
                }
                buffer.extend_from_slice(filled);
                Ok(()).into()
            })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::gateway::socket::wire::{CloseFrame, Deflate};

    const LIMITS: WireLimits = WireLimits {
        frame_bytes: 10,
        message_bytes: 20,
        inflated_frame_bytes: 15,
    };

    /// A client's frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let mut masked = payload.to_vec();
        apply_mask(&mut masked, mask);
        let length = u8::try_from(payload.len()).unwrap();
        [&[first, 0x80 | length], &mask[..], &masked].concat()
    }

    /// What is read of bytes that come one at a time.
    async fn events(bytes: &[u8], compression: bool) -> (Vec<Event>, Fault) {
        let (mut client, server) = tokio::io::duplex(1);
        let bytes = bytes.to_vec();
        let writing = tokio::spawn(async move {
            client.write_all(&bytes).await.ok();
        });
        let mut reader = Reader::new(server, LIMITS, compression);
        let mut events = Vec::new();
        let fault = loop {
            match reader.next().await {
                Ok(event) => events.push(event),
                Err(fault) => break fault,
            }
        };
        writing.abort();
        (events, fault)
    }

    #[tokio::test]
    async fn control_frames_come_between_the_pieces_of_a_message() {
        let bytes = [
            frame(0x01, b"Hel"),
            frame(0x89, b"?"),
            frame(0x80, b"lo"),
            frame(0x88, &[3, 232]),
        ]
        .concat();
        let close = CloseFrame {
            code: 1000,
            reason: String::new(),
        };
        let expected = vec![
            Event::Ping(b"?".to_vec()),
            Event::Text("Hello".to_owned()),
            Event::Close(Some(close)),
        ];
        assert_eq!(events(&bytes, false).await, (expected, Fault::Lost));
    }

    #[tokio::test]
    async fn limits_are_exact() {
        let text = |length: usize| "x".repeat(length);
        let (read, fault) = events(&frame(0x81, text(10).as_bytes()), false).await;
        assert_eq!((read, fault), (vec![Event::Text(text(10))], Fault::Lost));
        // The header alone is enough to refuse it.
        let (read, fault) = events(&[0x81, 0x80 | 11, 0, 0, 0, 0], false).await;
        assert_eq!((read, fault), (vec![], Fault::TooBig));
        let piece = |first, length: usize| frame(first, text(length).as_bytes());
        let whole = [piece(0x01, 10), piece(0x80, 10)].concat();
        let (read, fault) = events(&whole, false).await;
        assert_eq!((read, fault), (vec![Event::Text(text(20))], Fault::Lost));
        let over = [piece(0x01, 10), piece(0x00, 10), piece(0x80, 1)].concat();
        assert_eq!(events(&over, false).await, (vec![], Fault::TooBig));
    }

    #[tokio::test]
    async fn limits_hold_after_inflation() {
        let deflate = Deflate::negotiate(["permessage-deflate"]).unwrap();
        let message = |length: usize| deflate.compress("x".repeat(length).as_bytes());
        let (read, _) = events(&frame(0xC1, &message(15)), true).await;
        assert_eq!(read, [Event::Text("x".repeat(15))]);
        let (read, fault) = events(&frame(0xC1, &message(16)), true).await;
        assert_eq!((read, fault), (vec![], Fault::TooBig));
    }

    #[tokio::test]
    async fn compression_has_to_be_agreed_on() {
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let (read, _) = events(&frame(0xC1, &hello), true).await;
        assert_eq!(read, [Event::Text("Hello".to_owned())]);
        let (read, fault) = events(&frame(0xC1, &hello), false).await;
        assert_eq!((read, fault), (vec![], Fault::Protocol));
        let pieces = [frame(0x41, &hello[..3]), frame(0xC0, &hello[3..])].concat();
        assert_eq!(events(&pieces, true).await, (vec![], Fault::Protocol));
        let pieces = [frame(0x41, &hello[..3]), frame(0x80, &hello[3..])].concat();
        let (read, _) = events(&pieces, true).await;
        assert_eq!(read, [Event::Text("Hello".to_owned())]);
    }

    #[tokio::test]
    async fn a_reader_that_waits_has_no_buffer() {
        let (mut client, server) = tokio::io::duplex(1024);
        let mut reader = Reader::new(server, LIMITS, false);
        client.write_all(&frame(0x81, b"hi")).await.unwrap();
        assert_eq!(reader.next().await, Ok(Event::Text("hi".to_owned())));
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(10), reader.next());
        assert!(waiting.await.is_err());
        assert_eq!(reader.buffer.capacity(), 0);
    }
}
