//! `health`.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context as _, bail};

use crate::config::Config;
use crate::outbound;

/// Checks if the local backend is ready: for containers, whose image has no other program.
pub(super) async fn health(config: &Config, out: &mut impl Write) -> anyhow::Result<()> {
    let url = format!("http://{}/health/ready", reachable(config.listen));
    let sent = outbound::client()?.get(&url).send().await;
    let answer = sent.with_context(|| format!("no backend answers at {url}"))?;
    let (status, body) = (answer.status(), answer.text().await.unwrap_or_default());
    if !status.is_success() {
        bail!("the backend is not ready: {} {}", status.as_u16(), body.trim_end());
    }
    Ok(write!(out, "{body}")?)
}

/// Returns loopback for a backend that listens on every address.
pub(super) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::reachable;

    #[test]
    fn every_address_is_reached_on_loopback() {
        for (listen, asked) in
            [("0.0.0.0:8080", "127.0.0.1:8080"), ("[::]:80", "[::1]:80"), ("10.0.0.1:1", "10.0.0.1:1")]
        {
            let listen = listen.parse().expect("an address");
            assert_eq!(reachable(listen).to_string(), asked);
        }
    }
}
