//! Proxies between a step and the backend, as in real networks: a TLS front with a certificate of a private CA, and a proxy.
//! Both have their own threads, since a test waits for its steps without running anything else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Speaks TLS as `localhost` in front of a backend.
pub struct TlsFront {
    address: SocketAddr,
    authority: String,
}

/// A proxy that connects its clients to whatever they name.
pub struct ConnectProxy {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

/// Stands in front of a backend, and loses the first answer that comes back.
pub struct LossyFront {
    address: SocketAddr,
}

/// Stands in front of a backend at a path prefix, and decodes `%2F` as nginx does when it replaces a path.
pub struct PrefixFront {
    address: SocketAddr,
    prefix: String,
}

impl PrefixFront {
    /// A front that hands on the requests below this prefix, without it.
    ///
    /// # Panics
    /// If there is no port.
    pub fn start(backend_url: &str, prefix: &str) -> Self {
        let (backend, below) = (authority_of(backend_url), format!("{prefix}/"));
        let address = serve(move |mut client| {
            let (backend, below) = (backend.clone(), below.clone());
            async move {
                let Some(head) = read_head(&mut client).await else { return };
                let (line, fields) = head.split_once("\r\n").unwrap_or_default();
                let Some((method, path)) = line.split_once(&format!(" {below}")) else {
                    let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
                    return;
                };
                let path = path.replace("%2F", "/");
                let head = format!("{method} /{path}\r\nconnection: close\r\n{fields}");
                let Ok(mut server) = TcpStream::connect(&backend).await else { return };
                if server.write_all(head.as_bytes()).await.is_ok() {
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            }
        });
        Self { address, prefix: prefix.to_owned() }
    }

    /// The address that clients use, with the prefix.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.prefix)
    }
}

impl LossyFront {
    /// A front that hands every request on.
    ///
    /// # Panics
    /// If there is no port.
    pub fn start(backend_url: &str) -> Self {
        let (backend, lost) = (authority_of(backend_url), Arc::new(AtomicBool::new(false)));
        let address = serve(move |mut client| {
            let (backend, lost) = (backend.clone(), lost.clone());
            async move {
                if lost.swap(true, Ordering::SeqCst) {
                    return join(&mut client, &backend).await;
                }
                let Ok(server) = TcpStream::connect(&backend).await else { return };
                let (mut answers, mut requests) = server.into_split();
                // The request was carried out when its answer begins; both connections end then.
                tokio::select! {
                    _ = tokio::io::copy(&mut client, &mut requests) => {}
                    _ = answers.read_u8() => {}
                }
            }
        });
        Self { address }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl TlsFront {
    /// A front with a new authority's certificate.
    ///
    /// # Panics
    /// If there is no port or no randomness.
    pub fn start(backend_url: &str) -> Self {
        let key = || KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, key()).expect("an authority");
        let own = key();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let certificate = params.signed_by(&own, &authority).expect("a certificate");
        Self::with_certificate(backend_url, certificate.der().clone(), own, authority.pem())
    }

    /// A front with a certificate that signed itself; `is_ca`: as one of an authority, like `openssl req -x509` makes it.
    ///
    /// # Panics
    /// If there is no port or no randomness.
    pub fn self_signed(backend_url: &str, is_ca: bool) -> Self {
        let own = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.is_ca = if is_ca { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
        let certificate = params.self_signed(&own).expect("a certificate");
        Self::with_certificate(backend_url, certificate.der().clone(), own, certificate.pem())
    }

    fn with_certificate(
        backend_url: &str,
        certificate: CertificateDer<'static>,
        own: KeyPair,
        authority: String,
    ) -> Self {
        let private: PrivateKeyDer<'static> = own.serialize_der().try_into().expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], private)
            .expect("a certificate that fits its key");
        let (acceptor, backend) = (TlsAcceptor::from(Arc::new(config)), authority_of(backend_url));
        let address = serve(move |client| {
            let (acceptor, backend) = (acceptor.clone(), backend.clone());
            async move {
                if let Ok(mut client) = acceptor.accept(client).await {
                    join(&mut client, &backend).await;
                }
            }
        });
        Self { address, authority }
    }

    /// The address that its certificate is for.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The authority's certificate in PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl ConnectProxy {
    /// A proxy on a free port.
    ///
    /// # Panics
    /// If there is none.
    pub fn start() -> Self {
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let address = serve(move |mut client| {
            let count = count.clone();
            async move {
                let Some(head) = read_head(&mut client).await else { return };
                let Some(target) = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next())
                else {
                    return;
                };
                count.fetch_add(1, Ordering::SeqCst);
                if client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.is_ok() {
                    join(&mut client, target).await;
                }
            }
        });
        Self { address, connections }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the number of connections.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn authority_of(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}

/// The head of a request, or nothing if the client goes.
pub(crate) async fn read_head(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

async fn join(client: &mut (impl AsyncRead + AsyncWrite + Unpin), target: &str) {
    if let Ok(mut server) = TcpStream::connect(target).await {
        // Either end may go first.
        let _ = copy_bidirectional(client, &mut server).await;
    }
}

/// Serves each connection, on a thread that ends with the tests.
pub(crate) fn serve<F>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            send.send(listener.local_addr().expect("an address")).expect("somebody waits");
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(answer(client));
            }
        });
    });
    receive.recv().expect("an address")
}
