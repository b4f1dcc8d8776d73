//! Bytes from messages.

use std::io;

use bytes::{BufMut, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{
    close::CloseFrame,
    deflate::Deflate,
    header::{Opcode, put},
};
use crate::gateway::socket::outbox::Outgoing;

/// How much may wait in here before messages have to wait outside, where their number is bounded: two frames.
const ENOUGH_BYTES: usize = 64 * 1024;

/// Writes what a client is told, as much in one write as there is.
#[derive(Debug)]
pub(crate) struct Writer<S> {
    stream: S,
    deflate: Option<Deflate>,
    /// Payload of a frame at most; a longer message becomes several.
    frame_bytes: usize,
    pending: BytesMut,
    /// The answer to the last ping of a client that sends pings and does not read.
    late_pong: Option<Vec<u8>>,
}

impl<S: AsyncWrite + Unpin> Writer<S> {
    pub(crate) fn new(stream: S, deflate: Option<Deflate>, frame_bytes: usize) -> Self {
        Self {
            stream,
            deflate,
            frame_bytes,
            pending: BytesMut::new(),
            late_pong: None,
        }
    }

    /// Whether more messages may come.
    pub(crate) fn has_room(&self) -> bool {
        self.pending.len() < ENOUGH_BYTES
    }

    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Takes a message, compressed if that was agreed on.
    pub(crate) fn message(&mut self, message: &Outgoing) {
        let opcode = if message.is_text() {
            Opcode::Text
        } else {
            Opcode::Binary
        };
        match self.deflate {
            Some(deflate) if !message.payload().is_empty() => {
                let compressed = deflate.compress(message.payload());
                self.frames(opcode, true, &compressed);
            }
            _ => self.frames(opcode, false, message.payload()),
        }
    }

    /// Answers a ping. While there is no room only the last one counts, as RFC 6455 section 5.5.3 allows.
    pub(crate) fn pong(&mut self, payload: Vec<u8>) {
        if self.has_room() {
            self.frame(Opcode::Pong, true, false, &payload);
        } else {
            self.late_pong = Some(payload);
        }
    }

    /// Says that nothing more comes.
    pub(crate) fn close(&mut self, frame: Option<CloseFrame>) {
        let payload = frame.map(|frame| frame.payload()).unwrap_or_default();
        self.frame(Opcode::Close, true, false, &payload);
    }

    /// Writes some of what is pending. Nothing is lost or said twice when the future is dropped.
    pub(crate) async fn write(&mut self) -> io::Result<()> {
        if self.stream.write_buf(&mut self.pending).await? == 0 && self.has_pending() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        if self.has_room()
            && let Some(payload) = self.late_pong.take()
        {
            self.frame(Opcode::Pong, true, false, &payload);
        }
        if !self.has_pending() {
            // An idle socket keeps no buffer.
            self.pending = BytesMut::new();
        }
        Ok(())
    }

    /// Writes all that is pending.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        while self.has_pending() {
            self.write().await?;
        }
        Ok(())
    }

    /// Ends the stream.
    pub(crate) async fn shutdown(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    fn frames(&mut self, opcode: Opcode, compressed: bool, mut payload: &[u8]) {
        let mut first = true;
        loop {
            let (piece, rest) = payload.split_at(payload.len().min(self.frame_bytes));
            let kind = if first { opcode } else { Opcode::Continuation };
            self.frame(kind, rest.is_empty(), compressed && first, piece);
            if rest.is_empty() {
                return;
            }
            (payload, first) = (rest, false);
        }
    }

    fn frame(&mut self, opcode: Opcode, last: bool, compressed: bool, payload: &[u8]) {
        put(&mut self.pending, opcode, last, compressed, payload.len());
        self.pending.put_slice(payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(deflate: Option<Deflate>) -> Writer<Vec<u8>> {
        Writer::new(Vec::new(), deflate, 4)
    }

    fn text(text: &str) -> Outgoing {
        Outgoing::from(text.to_owned())
    }

    #[tokio::test]
    async fn a_long_message_is_cut_into_frames() {
        let mut writer = writer(None);
        writer.message(&text(""));
        writer.message(&text("abcd"));
        writer.message(&text("abcdefghij"));
        writer.flush().await.unwrap();
        let expected = b"\x81\x00\x81\x04abcd\x01\x04abcd\x00\x04efgh\x80\x02ij";
        assert_eq!(writer.stream, expected);
        assert_eq!(writer.pending.capacity(), 0);
    }

    #[tokio::test]
    async fn only_the_first_frame_says_that_a_message_is_compressed() {
        let mut writer = writer(Deflate::negotiate(["permessage-deflate"]));
        writer.message(&text("Hello"));
        writer.message(&text(""));
        writer.flush().await.unwrap();
        let hello = b"\x41\x04\xf2\x48\xcd\xc9\x80\x03\xc9\x07\x00\x81\x00";
        assert_eq!(writer.stream, hello);
    }

    #[tokio::test]
    async fn close_frames_are_empty_or_have_a_code() {
        let mut writer = writer(None);
        writer.close(None);
        writer.close(Some(CloseFrame {
            code: 1001,
            reason: "Going away".to_owned(),
        }));
        writer.flush().await.unwrap();
        assert_eq!(writer.stream, b"\x88\x00\x88\x0c\x03\xe9Going away");
    }

    #[tokio::test]
    async fn of_many_pings_the_last_is_answered_when_there_is_no_room() {
        let mut writer = writer(None);
        writer.pong(b"first".to_vec());
        writer.frame_bytes = ENOUGH_BYTES;
        writer.message(&text(&"x".repeat(ENOUGH_BYTES)));
        assert!(!writer.has_room());
        writer.pong(b"second".to_vec());
        writer.pong(b"third".to_vec());
        writer.flush().await.unwrap();
        let written = &writer.stream;
        assert!(written.starts_with(b"\x8a\x05first\x81"));
        assert!(written.ends_with(b"xx\x8a\x05third"));
    }
}
