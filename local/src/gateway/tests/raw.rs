//! A client that says exactly what a test wants, whether the protocol allows it or not.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::world::{SOON, World};

/// FIN, and the opcodes that have a meaning.
pub(super) const FIN: u8 = 0x80;
pub(super) const MORE: u8 = 0x0;
pub(super) const TEXT: u8 = 0x1;
pub(super) const BINARY: u8 = 0x2;
pub(super) const CLOSE: u8 = 0x8;
pub(super) const PING: u8 = 0x9;
pub(super) const PONG: u8 = 0xA;
/// RSV1.
pub(super) const COMPRESSED: u8 = 0x40;

/// A client's frame, masked, with its length in the shortest form.
pub(super) fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    frame.extend(mask);
    frame.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

/// The payload of a close frame.
pub(super) fn close(code: u16, reason: impl AsRef<[u8]>) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_ref()].concat()
}

/// What the gateway says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Text(String),
    Compressed(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
    /// A frame of a longer message.
    Other(u8, usize),
    End,
}

impl Said {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn close(code: u16, reason: &str) -> Self {
        Self::Close(Some((code, reason.to_owned())))
    }
}

/// A client on a bare TCP connection.
pub(super) struct Raw {
    stream: TcpStream,
    /// The status line and the headers of the 101.
    pub(super) head: String,
}

impl Raw {
    /// Opens a socket at `/prod`, with more header lines.
    pub(super) async fn open(world: &World, headers: &[&str]) -> Self {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        let mut request = format!(
            "GET /prod HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            world.address
        );
        for header in headers {
            request += &format!("{header}\r\n");
        }
        request += "\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(SOON, stream.read_u8()).await.unwrap().unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        Self { stream, head }
    }

    /// Sends bytes; a server that has closed already need not take them.
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        drop(self.stream.write_all(bytes.as_ref()).await);
    }

    /// Sends bytes one at a time.
    pub(super) async fn trickle(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.set_nodelay(true).unwrap();
        for byte in bytes.as_ref() {
            self.send([*byte]).await;
            tokio::task::yield_now().await;
        }
    }

    /// The next frame.
    pub(super) async fn said(&mut self) -> Said {
        timeout(SOON, self.read())
            .await
            .expect("the gateway says something")
            .unwrap_or(Said::End)
    }

    async fn read(&mut self) -> std::io::Result<Said> {
        let first = self.stream.read_u8().await?;
        let length = match self.stream.read_u8().await? {
            126 => usize::from(self.stream.read_u16().await?),
            127 => usize::try_from(self.stream.read_u64().await?).unwrap(),
            length => usize::from(length),
        };
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        const TEXT_FRAME: u8 = FIN | TEXT;
        const COMPRESSED_FRAME: u8 = FIN | COMPRESSED | TEXT;
        const PONG_FRAME: u8 = FIN | PONG;
        const CLOSE_FRAME: u8 = FIN | CLOSE;
        Ok(match first {
            TEXT_FRAME => Said::Text(text(&payload)),
            COMPRESSED_FRAME => Said::Compressed(payload),
            PONG_FRAME => Said::Pong(payload),
            CLOSE_FRAME => Said::Close(
                payload
                    .split_first_chunk::<2>()
                    .map(|(code, reason)| (u16::from_be_bytes(*code), text(reason))),
            ),
            first => Said::Other(first, length),
        })
    }
}
