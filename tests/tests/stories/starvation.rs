//! Nobody starves the others: not strangers, and not one tenant another.

mod memory;
mod shares;
mod strangers;

use std::time::Duration;

use phase_data_tests::Backend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// The deadline of an immediate answer on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(4);

/// A connection that says exactly what it is told to.
async fn connect(backend: &Backend) -> TcpStream {
    TcpStream::connect(address(backend)).await.expect("a connection")
}

/// A connection that has room for little that it did not read.
async fn connect_narrow(backend: &Backend) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    socket.connect(address(backend).parse().expect("an address")).await.expect("a connection")
}

fn address(backend: &Backend) -> &str {
    backend.url().trim_start_matches("http://")
}

/// Sends the head of a request. That nobody takes it any more is seen by the reader.
async fn send_head(connection: &mut TcpStream, first_line: &str, headers: &[(&str, &str)]) {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("{first_line} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    let _ = connection.write_all(head.as_bytes()).await;
}

/// The beginning of the answer, if one comes at once.
async fn answer(connection: &mut TcpStream) -> Option<String> {
    let mut buffer = vec![0; 2048];
    let read = tokio::time::timeout(AT_ONCE, connection.read(&mut buffer)).await.ok()?;
    Some(String::from_utf8_lossy(&buffer[..read.unwrap_or_default()]).into_owned())
}
