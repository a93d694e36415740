//! A client that says exactly what it is told to.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::net::TcpStream;

use super::SOON;

pub(super) const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RESET: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const CONTINUATION: u8 = 9;
/// The flags `END_STREAM` and `END_HEADERS`.
pub(super) const WHOLE: u8 = 0x5;

/// A connection.
pub(super) struct Client(TcpStream);

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("a connection"))
    }

    /// A connection that has room for little that it did not read.
    pub(super) async fn connect_narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        Self(socket.connect(address).await.expect("a connection"))
    }

    /// A connection that speaks HTTP/2, with these settings.
    pub(super) async fn connect_http2(address: SocketAddr, settings: &[u8]) -> Self {
        let mut client = Self::connect(address).await;
        client.send(HTTP2_PREFACE).await;
        client.send(&frame(SETTINGS, 0, 0, settings)).await;
        client
    }

    /// Sends bytes. That the server has closed the connection is no failure: the reader sees it.
    pub(super) async fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    pub(super) async fn get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await;
    }

    /// Reads until this text, or the end of the connection.
    pub(super) async fn read_until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        let reading = async {
            while !String::from_utf8_lossy(&read).contains(text) {
                match self.0.read_buf(&mut read).await {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                }
            }
        };
        let in_time = tokio::time::timeout(SOON, reading).await;
        let read = String::from_utf8_lossy(&read).into_owned();
        assert!(in_time.is_ok(), "{text:?} did not come, nor the end, but {read:?}");
        read
    }

    /// Reads a little, if something is there.
    pub(super) async fn read_some(&mut self, most: usize) -> std::io::Result<usize> {
        let mut buffer = vec![0; most];
        self.0.read(&mut buffer).await
    }

    /// The next HTTP/2 frame's kind, stream and payload, unless the connection ends.
    pub(super) async fn read_frame(&mut self) -> Option<(u8, u32, Vec<u8>)> {
        let reading = async {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).await.ok()?;
            let [a, b, c, kind, _flags, stream @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.0.read_exact(&mut payload).await.ok()?;
            Some((kind, u32::from_be_bytes(stream), payload))
        };
        tokio::time::timeout(SOON, reading).await.expect("a frame or the end in time")
    }

    /// The next frame of this kind, unless the connection ends.
    pub(super) async fn read_frame_of(&mut self, expected: u8) -> Option<(u32, Vec<u8>)> {
        loop {
            let (kind, stream, payload) = self.read_frame().await?;
            if kind == expected {
                return Some((stream, payload));
            }
        }
    }
}

/// An HTTP/2 frame.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// An HTTP/2 setting.
pub(super) fn setting(id: u16, value: u32) -> Vec<u8> {
    [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()
}

/// The compressed headers of `GET path`, without Huffman codes.
pub(super) fn get(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x41, 1, b'x', 0x44, path.len() as u8];
    block.extend(path.bytes());
    block
}
