//! A network between the backend and its database that can swallow everything, as a firewall does that forgot a
//! connection: nothing is refused, nothing is closed, nothing arrives.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// The way to a database of the run's cluster, by TCP on loopback.
pub struct DatabaseProxy {
    address: SocketAddr,
    user: String,
    database: String,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Connections of an earlier epoch carry nothing any more.
    epoch: u32,
    /// New connections are accepted and carry nothing, either.
    is_down: bool,
    /// Data on connections of an earlier epoch is held back.
    is_holding: bool,
    /// New connections carry the handshake, and nothing after it.
    ends_with_handshake: bool,
    /// The pause before each 16 KiB that are sent to the database.
    pause: Duration,
}

impl DatabaseProxy {
    /// A way to this database.
    ///
    /// # Panics
    /// If the URL is not one of the cluster's, or there is no port.
    pub async fn start(database_url: &str) -> Self {
        let options = PgConnectOptions::from_str(database_url).expect("a URL");
        let socket = options.get_socket().expect("the cluster's socket").join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (state, watched) = watch::channel(State::default());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, socket.clone(), watched.clone()));
            }
        });
        let database = options.get_database().expect("a database").to_owned();
        Self { address, user: options.get_username().to_owned(), database, state }
    }

    /// The database's URL by this way.
    pub fn database_url(&self) -> String {
        format!("postgres://{}@{}/{}?sslmode=disable", self.user, self.address, self.database)
    }

    /// Pauses before each 16 KiB that are sent to the database from now on.
    pub fn slow_down(&self, pause: Duration) {
        self.state.send_modify(|state| state.pause = pause);
    }

    /// Swallows all connections that there are, for good; new ones work.
    pub fn swallow_connections(&self) {
        self.state.send_modify(|state| state.epoch += 1);
    }

    /// Swallows everything, new connections too, until [`DatabaseProxy::recover`].
    pub fn go_down(&self) {
        self.state.send_modify(|state| {
            *state = State { epoch: state.epoch + 1, is_down: true, ..State::default() }
        });
    }

    /// Keeps what is sent to the database on the connections that there are, and loses the answers, until
    /// [`DatabaseProxy::let_go`]. New connections are swallowed until [`DatabaseProxy::recover`].
    pub fn hold_requests(&self) {
        self.state.send_modify(|state| {
            *state = State { epoch: state.epoch + 1, is_down: true, is_holding: true, ..State::default() };
        });
    }

    /// Lets new connections be made, and swallows everything that is sent on them afterwards, until
    /// [`DatabaseProxy::recover`].
    pub fn fall_silent_after_handshakes(&self) {
        self.state.send_modify(|state| {
            *state = State { epoch: state.epoch + 1, ends_with_handshake: true, ..State::default() };
        });
    }

    /// Delivers what was kept.
    pub fn let_go(&self) {
        self.state.send_modify(|state| state.is_holding = false);
    }

    /// Lets new connections work again.
    pub fn recover(&self) {
        self.state.send_modify(|state| {
            let epoch = state.epoch + 1;
            *state = State { epoch, is_down: false, ends_with_handshake: false, ..*state };
        });
    }
}

async fn carry(client: TcpStream, socket: PathBuf, mut state: watch::Receiver<State>) {
    let State { epoch, is_down, ends_with_handshake, .. } = *state.borrow();
    let Ok(server) = UnixStream::connect(socket).await else { return };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    if ends_with_handshake {
        // The client's first message is its name; what follows is the first statement.
        let mut first = vec![0; 16 << 10];
        let Ok(read @ 1..) = from_client.read(&mut first).await else { return };
        if to_server.write_all(&first[..read]).await.is_err() {
            return;
        }
        tokio::select! {
            () = copy(&mut from_server, &mut to_client) => return,
            _ = from_client.read(&mut first) => {}
        }
    } else if !is_down {
        let paced = state.clone();
        tokio::select! {
            () = copy_at_pace(&mut from_client, &mut to_server, &paced) => return,
            () = copy(&mut from_server, &mut to_client) => return,
            _ = state.wait_for(|now| now.epoch != epoch) => {}
        }
    }
    if !is_down
        && !ends_with_handshake
        && state.borrow().is_holding
        && state.wait_for(|now| !now.is_holding).await.is_ok()
    {
        copy(&mut from_client, &mut to_server).await;
    }
    // Both ends stay open and hear nothing, until the test's runtime ends.
    std::future::pending::<()>().await;
}

async fn copy_at_pace(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    state: &watch::Receiver<State>,
) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let pause = state.borrow().pause;
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

async fn copy(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
