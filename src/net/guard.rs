//! The address guard: which resolved addresses and ports this program is willing to connect to.
//!
//! A target may advertise any URL. Without the guard it could aim us at the cloud's metadata service or at a
//! neighbour behind our firewall. Names are not judged here, only the address that a connection would go to.

use std::collections::{BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{PoisonError, RwLock};

use super::network::Network;

/// Why a connection is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forbidden {
    /// The address lies in a range that is not public.
    Address(String),
    /// The port is not one that a foreign host may be asked on.
    Port(String),
}

/// Ports that any host may be asked on.
const WEB_PORTS: [u16; 2] = [443, 8443];

/// Decides over addresses and ports at every connect.
#[derive(Debug, Default)]
pub struct AddressGuard {
    allowed: Vec<Network>,
    target_ports: HashSet<(String, u16)>,
    target_addresses: RwLock<BTreeSet<IpAddr>>,
    plain_hosts: RwLock<BTreeSet<String>>,
}

impl AddressGuard {
    /// A guard for a target with these hosts and ports (hosts as `host_of` writes them). `allowed` are the ranges that
    /// the operator opened with `--allow-net`.
    #[must_use]
    pub fn new(target_ports: impl IntoIterator<Item = (String, u16)>, allowed: Vec<Network>) -> Self {
        Self {
            allowed,
            target_ports: target_ports.into_iter().collect(),
            target_addresses: RwLock::default(),
            plain_hosts: RwLock::default(),
        }
    }

    /// The hosts that the operator configured.
    pub(super) fn target_hosts(&self) -> BTreeSet<String> {
        self.target_ports.iter().map(|(host, _)| host.clone()).collect()
    }

    /// Notes that the operator's own words lead to this address, which makes it (and, for a target on loopback, all of
    /// loopback) legitimate whatever its range.
    pub fn accept_target_address(&self, address: IpAddr) {
        self.target_addresses.write().unwrap_or_else(PoisonError::into_inner).insert(effective(address));
    }

    /// Notes what DNS says of a host of the target. Whoever keeps the zone of a name could aim us at a neighbour behind our firewall
    /// by an address beside the public ones, so addresses that are not public are legitimate where the name has no other, and that
    /// of a metadata service never: the operator can write it out, or open it with `--allow-net`.
    pub fn accept_resolved(&self, addresses: &[IpAddr]) {
        let ranges: Vec<Option<&str>> = addresses.iter().map(|address| special_range(effective(*address))).collect();
        let is_inside = ranges.iter().all(Option::is_some);
        for (address, range) in addresses.iter().zip(ranges) {
            if range.is_none_or(|range| is_inside && range != METADATA) {
                self.accept_target_address(*address);
            }
        }
    }

    /// Opens the port of plain HTTP of one host, whatever its address; that is judged all the same.
    pub(super) fn accept_plain_port(&self, host: &str) {
        self.plain_hosts.write().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned());
    }

    /// May a connection to this address be made?
    ///
    /// # Errors
    /// With the range it lies in, when not.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Forbidden> {
        let judged = effective(address);
        let Some(range) = special_range(judged) else { return Ok(()) };
        if self.allowed.iter().any(|network| network.contains(address) || network.contains(judged)) {
            return Ok(());
        }
        let target = self.target_addresses.read().unwrap_or_else(PoisonError::into_inner);
        if target.contains(&judged) || (judged.is_loopback() && target.iter().any(IpAddr::is_loopback)) {
            return Ok(());
        }
        Err(Forbidden::Address(format!("{address} is {range}; if that is meant, allow it with --allow-net {judged}")))
    }

    /// May this host, at this address, be asked on this port?
    ///
    /// # Errors
    /// With the reason, when not.
    pub fn check_port(&self, host: &str, address: IpAddr, port: u16) -> Result<(), Forbidden> {
        let own = self.is_target(host, address) || self.allowed.iter().any(|network| network.contains(effective(address)));
        let plain = port == 80 && self.plain_hosts.read().unwrap_or_else(PoisonError::into_inner).contains(host);
        if plain
            || WEB_PORTS.contains(&port)
            || self.target_ports.contains(&(host.to_owned(), port))
            || (own && (port == 80 || port >= 1024))
        {
            return Ok(());
        }
        Err(Forbidden::Port(format!(
            "port {port} of {host} is not a port for web services; name it in the target file if it is meant"
        )))
    }

    fn is_target(&self, host: &str, address: IpAddr) -> bool {
        let on_loopback = |known: &BTreeSet<IpAddr>| known.iter().any(IpAddr::is_loopback);
        self.target_ports.iter().any(|(known, _)| known == host)
            || (effective(address).is_loopback()
                && on_loopback(&self.target_addresses.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// The address that really answers: the IPv4 address inside a mapped, compatible, NAT64 or 6to4 address.
fn effective(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [first, second, third, .., seventh, eighth] = v6.segments();
    let v4 = |high: u16, low: u16| IpAddr::from(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match v6.to_bits() >> 32 {
        MAPPED | NAT64 => v4(seventh, eighth),
        COMPATIBLE if v6 != Ipv6Addr::LOCALHOST && v6 != Ipv6Addr::UNSPECIFIED => v4(seventh, eighth),
        _ if first == SIX_TO_FOUR => v4(second, third),
        _ => address,
    }
}

/// The first 96 bits of `::ffff:0:0/96`.
const MAPPED: u128 = 0xffff;
/// The first 96 bits of `64:ff9b::/96`.
const NAT64: u128 = 0x0064_ff9b << 64;
/// The first 96 bits of `::/96`.
const COMPATIBLE: u128 = 0;
/// The first 16 bits of `2002::/16`, after which comes an IPv4 address.
const SIX_TO_FOUR: u16 = 0x2002;

/// Where a machine in a cloud gets its own credentials.
const METADATA: &str = "the metadata service of a cloud";

/// Ranges that are not the public internet, the narrower ones first.
const SPECIAL: [(&str, &str); 32] = [
    ("169.254.169.254/32", METADATA),
    ("169.254.170.2/32", METADATA),
    ("100.100.100.200/32", METADATA),
    ("fd00:ec2::254/128", METADATA),
    ("fd20:ce::254/128", METADATA),
    ("127.0.0.0/8", "a loopback address"),
    ("::1/128", "a loopback address"),
    ("10.0.0.0/8", "a private address"),
    ("172.16.0.0/12", "a private address"),
    ("192.168.0.0/16", "a private address"),
    ("fc00::/7", "a private address"),
    ("fec0::/10", "a private address"),
    ("169.254.0.0/16", "a link-local address"),
    ("fe80::/10", "a link-local address"),
    ("100.64.0.0/10", "a shared address of a carrier or cloud"),
    ("0.0.0.0/8", "an address of this very host"),
    ("::/128", "an address of this very host"),
    ("224.0.0.0/4", "a multicast address"),
    ("ff00::/8", "a multicast address"),
    ("192.0.2.0/24", "a documentation address"),
    ("198.51.100.0/24", "a documentation address"),
    ("203.0.113.0/24", "a documentation address"),
    ("2001:db8::/32", "a documentation address"),
    ("3fff::/20", "a documentation address"),
    ("192.0.0.0/24", "a reserved address"),
    ("192.88.99.0/24", "a reserved address"),
    ("198.18.0.0/15", "a benchmarking address"),
    ("240.0.0.0/4", "a reserved address"),
    ("100::/64", "a reserved address"),
    ("64:ff9b:1::/48", "a local translation address"),
    ("2001::/23", "a reserved address"),
    ("5f00::/16", "a reserved address"),
];

fn special_range(address: IpAddr) -> Option<&'static str> {
    static NETWORKS: std::sync::LazyLock<Vec<(Network, &'static str)>> =
        std::sync::LazyLock::new(|| SPECIAL.iter().filter_map(|(range, words)| Some((range.parse().ok()?, *words))).collect());
    NETWORKS.iter().find(|(network, _)| network.contains(address)).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard_of(address: &str) -> AddressGuard {
        let guard = AddressGuard::new([("payer.example".to_owned(), 9443)], vec![]);
        guard.accept_target_address(address.parse().unwrap());
        guard
    }

    #[test]
    fn every_range_of_the_table_is_read() {
        for (range, words) in SPECIAL {
            let network: Network = range.parse().unwrap_or_else(|_| panic!("{range}"));
            let first: IpAddr = range.split('/').next().unwrap().parse().unwrap();
            assert!(network.contains(first) && special_range(first).is_some(), "{range} {words}");
        }
    }

    #[test]
    fn h15_addresses_that_are_not_public_are_refused_for_a_public_target() {
        let guard = guard_of("8.8.8.8");
        let refused = "169.254.169.254 127.0.0.1 127.8.8.8 ::1 :: 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 0.0.0.0 0.1.2.3 \
             fd00::1 fc00::1 fe80::1 fec0::1 224.0.0.1 ff02::1 255.255.255.255 240.0.0.1 198.51.100.7 2001:db8::1 198.18.0.1 192.0.0.8 \
             100.100.100.200 fd00:ec2::254 64:ff9b:1::7f00:1 2001::1";
        for text in refused.split_whitespace() {
            assert!(matches!(guard.check_address(text.parse().unwrap()), Err(Forbidden::Address(_))), "{text}");
        }
        for text in ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "192.1.0.1"] {
            assert_eq!(guard.check_address(text.parse().unwrap()), Ok(()), "{text}");
        }
    }

    #[test]
    fn h16_an_ipv4_address_inside_an_ipv6_address_is_judged_as_what_it_is() {
        let guard = guard_of("8.8.8.8");
        for text in
            ["::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a00:1", "::127.0.0.1", "2002:7f00:1::1"]
        {
            assert!(guard.check_address(text.parse().unwrap()).is_err(), "{text}");
        }
        assert!(guard.check_address("::ffff:8.8.4.4".parse().unwrap()).is_ok());
        assert!(guard.check_address("64:ff9b::808:808".parse().unwrap()).is_ok());
    }

    #[test]
    fn a_private_target_opens_its_own_address_and_no_neighbour() {
        let guard = guard_of("10.0.0.5");
        assert!(guard.check_address("10.0.0.5".parse().unwrap()).is_ok());
        assert!(guard.check_address("10.0.0.6".parse().unwrap()).is_err());
        assert!(guard.check_address("127.0.0.1".parse().unwrap()).is_err());
        let local = guard_of("127.0.0.1");
        assert!(local.check_address("::1".parse().unwrap()).is_ok());
        assert!(local.check_address("169.254.169.254".parse().unwrap()).is_err());
    }

    #[test]
    fn a_name_opens_inner_addresses_only_where_it_has_no_other_and_a_metadata_service_never() {
        let checked = |resolved: &[&str], address: &str| {
            let guard = AddressGuard::new([("payer.example".to_owned(), 443)], vec![]);
            guard.accept_resolved(&resolved.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>());
            guard.check_address(address.parse().unwrap()).is_ok()
        };
        for inner in ["127.0.0.1", "10.0.0.5", "::1", "::ffff:127.0.0.1"] {
            assert!(!checked(&["8.8.8.8", inner], inner), "{inner} beside a public address");
            assert!(checked(&["8.8.8.8", inner], "8.8.8.8"));
            assert!(checked(&[inner], inner) && checked(&["10.0.0.9", inner], inner), "{inner} alone");
        }
        for metadata in ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "100.100.100.200", "169.254.170.2"] {
            assert!(!checked(&[metadata], metadata) && !checked(&["10.0.0.5", metadata], metadata), "{metadata}");
        }
        assert!(guard_of("169.254.169.254").check_address("169.254.169.254".parse().unwrap()).is_ok(), "it was written out");
    }

    #[test]
    fn a_range_that_the_operator_allows_is_open() {
        let guard = AddressGuard::new([], vec!["10.0.0.0/8".parse().unwrap()]);
        assert!(guard.check_address("10.9.9.9".parse().unwrap()).is_ok());
        assert!(guard.check_address("::ffff:10.9.9.9".parse().unwrap()).is_ok());
        assert!(guard.check_address("192.168.0.1".parse().unwrap()).is_err());
    }

    #[test]
    fn h18_ports_of_other_services_are_refused() {
        let guard = guard_of("8.8.8.8");
        let (own, other): (IpAddr, IpAddr) = ("8.8.8.8".parse().unwrap(), "1.1.1.1".parse().unwrap());
        for port in [22, 25, 80, 6379, 8080, 9443] {
            assert!(matches!(guard.check_port("other.example", other, port), Err(Forbidden::Port(_))), "{port}");
        }
        for port in [22, 25, 111] {
            assert!(guard.check_port("payer.example", own, port).is_err(), "{port}");
        }
        for port in [80, 443, 8443, 9443, 6379] {
            assert!(guard.check_port("payer.example", own, port).is_ok(), "{port}");
        }
        guard.accept_plain_port("lists.example");
        assert!(guard.check_port("lists.example", other, 80).is_ok() && guard.check_port("lists.example", other, 8080).is_err());
        assert!(guard.check_port("other.example", other, 443).is_ok());
        assert!(guard_of("127.0.0.1").check_port("localhost", "127.0.0.1".parse().unwrap(), 40_001).is_ok());
    }
}
