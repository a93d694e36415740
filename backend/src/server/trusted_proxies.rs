//! The client's address behind proxies, for the log. It decides nothing.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use ipnet::IpNet;
use poem::http::HeaderMap;

/// The proxies whose `X-Forwarded-For` is believed. Without any, the header is ignored: everybody can send it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TrustedProxies(Arc<[IpNet]>);

const FORWARDED_FOR: &str = "x-forwarded-for";
/// The number of addresses that are read. No chain of proxies is longer.
const MAX_HOPS: usize = 16;

impl TrustedProxies {
    /// The form of the setting, for its refusal.
    pub(crate) const EXPECTED: &str =
        "a comma-separated list of addresses and networks of proxies, like 10.0.0.7,192.168.0.0/16";

    /// Returns the client of a request that came from this peer. Each proxy appends the address of its own peer to the header,
    /// so it is read from its end, as long as the addresses are those of trusted proxies. The text before is the client's own.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.contains(client) {
            return client;
        }
        let values = headers.get_all(FORWARDED_FOR).into_iter().rev();
        let hops = values.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops.take(MAX_HOPS) {
            let Some(address) = address(hop) else { break };
            client = address;
            if !self.contains(client) {
                break;
            }
        }
        client
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Parses one entry of the header. Some proxies add the port.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    Some(text.parse::<IpAddr>().or_else(|_| with_port()).ok()?.to_canonical())
}

impl FromStr for TrustedProxies {
    type Err = ();

    /// Refuses networks of all addresses, which would believe everybody.
    fn from_str(list: &str) -> Result<Self, ()> {
        let network = |text: &str| {
            let network = text.parse::<IpAddr>().map(IpNet::from).or_else(|_| text.parse());
            network.ok().filter(|network: &IpNet| network.prefix_len() > 0).ok_or(())
        };
        Ok(Self(list.split(',').map(|entry| network(entry.trim())).collect::<Result<_, ()>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let proxies =
            if trusted.is_empty() { TrustedProxies::default() } else { trusted.parse().expect("a list") };
        let headers = forwarded
            .iter()
            .map(|value| (FORWARDED_FOR.parse().expect("a name"), value.parse().expect("a value")));
        proxies.client(peer.parse().expect("an address"), &headers.collect()).to_string()
    }

    #[test]
    fn the_header_counts_from_its_end_and_only_from_trusted_proxies() {
        let trusted = "10.0.0.7, 192.168.0.0/16,fd00::/8";
        for (peer, forwarded, expected) in [
            // Nobody else is believed.
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("10.0.0.8", &["198.51.100.1"], "10.0.0.8"),
            ("10.0.0.7", &[], "10.0.0.7"),
            ("10.0.0.7", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.7", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("fd00::1", &["2001:db8::5"], "2001:db8::5"),
            // The client's own text comes first.
            ("10.0.0.7", &["127.0.0.1, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.7", &["127.0.0.1", "198.51.100.1 , 192.168.3.4"], "198.51.100.1"),
            ("10.0.0.7", &["198.51.100.1:4711"], "198.51.100.1"),
            ("10.0.0.7", &["[2001:db8::5]:4711"], "2001:db8::5"),
            // The last address that a proxy stands for.
            ("10.0.0.7", &["unknown"], "10.0.0.7"),
            ("10.0.0.7", &["unknown, 192.168.3.4"], "192.168.3.4"),
            ("10.0.0.7", &["198.51.100.1,"], "10.0.0.7"),
            ("10.0.0.7", &["192.168.3.4"], "192.168.3.4"),
        ] {
            assert_eq!(client(trusted, peer, forwarded), expected, "{peer} {forwarded:?}");
            assert_eq!(client("", peer, forwarded), peer.trim_start_matches("::ffff:"));
        }
        let long = ["192.168.0.1,".repeat(5000), "192.168.0.1".to_owned()].concat();
        assert_eq!(client(trusted, "10.0.0.7", &[&long]), "192.168.0.1");
    }

    #[test]
    fn a_list_that_is_malformed_or_believes_everybody_is_refused() {
        for list in
            ["", "10.0.0.7,", "localhost", "10.0.0.0/33", "10.0.0.0/0", "::/0", "*", "10.0.0.7 10.0.0.8"]
        {
            assert_eq!(list.parse::<TrustedProxies>(), Err(()), "{list}");
        }
    }
}
