//! Makes TCP connections: resolves a name once per run, keeps the answer, asks the guard at every connect and counts.
//!
//! Raw TLS probes connect through here; the HTTP client takes the pinned and guarded addresses from here.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::guard::{AddressGuard, Forbidden};
use super::origin::host_of;
use super::proxy::Proxy;
use super::tls::{Connect, ConnectFailure};

impl ConnectFailure {
    pub(super) fn from_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => Self::Reset,
            _ => Self::Other(error.to_string()),
        }
    }
}

/// Why a host has no address that we connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAddress {
    NotFound(String),
    TimedOut,
    Forbidden(Forbidden),
}

impl From<NoAddress> for ConnectFailure {
    fn from(reason: NoAddress) -> Self {
        match reason {
            NoAddress::NotFound(why) => Self::NotFound(why),
            NoAddress::TimedOut => Self::TimedOut,
            NoAddress::Forbidden(Forbidden::Address(why) | Forbidden::Port(why)) => Self::Forbidden(why),
        }
    }
}

/// Turns a name into addresses.
pub trait Resolve: Send + Sync {
    /// The addresses of a name, in the order in which they are to be tried.
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// `--resolve HOST:PORT:ADDRESS`: the operator's answer to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// As `host_of` writes it.
    pub host: String,
    /// The port that it holds for.
    pub port: u16,
    /// Where to connect.
    pub address: IpAddr,
}

impl FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("'{text}' is not HOST:PORT:ADDRESS, for instance fhir.payer.example:443:10.0.0.5");
        let mut parts = text.splitn(3, ':');
        let (Some(host), Some(port), Some(address)) = (parts.next(), parts.next(), parts.next()) else { return Err(wrong()) };
        let host = host_of(host).ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        let address = address.trim_matches(['[', ']']).parse().map_err(|_| wrong())?;
        Ok(Self { host, port, address })
    }
}

/// How connections are made.
pub struct DialOptions {
    /// For resolving a name, and for a TCP connect over all addresses of the host. A world sets it to `Limits::connect`.
    pub connect_timeout: Duration,
    /// The operator's answers to names.
    pub overrides: Vec<Override>,
    /// The operator's proxy.
    pub proxy: Option<Proxy>,
    /// Who resolves names.
    pub resolver: Arc<dyn Resolve>,
}

impl Default for DialOptions {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(5), overrides: Vec::new(), proxy: None, resolver: Arc::new(SystemResolver) }
    }
}

type Pin = Arc<OnceCell<Vec<IpAddr>>>;

/// Makes and counts connections.
pub struct Dialer {
    guard: AddressGuard,
    options: DialOptions,
    pins: Mutex<HashMap<String, Pin>>,
    counts: Mutex<HashMap<(String, u16), u64>>,
    target_known: OnceCell<()>,
}

impl Dialer {
    /// A dialer behind this guard. Addresses that the operator wrote in an override are taken as meant.
    #[must_use]
    pub fn new(guard: AddressGuard, options: DialOptions) -> Self {
        for entry in &options.overrides {
            guard.accept_target_address(entry.address);
        }
        Self { guard, options, pins: Mutex::default(), counts: Mutex::default(), target_known: OnceCell::new() }
    }

    /// The proxy, when the operator named one.
    pub(super) fn proxy(&self) -> Option<&Proxy> {
        self.options.proxy.as_ref()
    }

    /// How many connections to this host and port were begun in this run, HTTP and raw ones together.
    #[must_use]
    pub fn connections(&self, host: &str, port: u16) -> u64 {
        let host = host_of(host).unwrap_or_default();
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).get(&(host, port)).copied().unwrap_or(0)
    }

    pub(super) fn count_connection(&self, host: &str, port: u16) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry((host.to_owned(), port)).or_insert(0) += 1;
    }

    /// The addresses that a connection would be made to, without making one.
    ///
    /// # Errors
    /// When there is none, or none that the guard permits.
    pub async fn permitted(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectFailure> {
        let name = host_of(host).ok_or_else(|| ConnectFailure::NotFound(format!("'{host}' is not a host name")))?;
        Ok(self.addresses(&name, port).await?)
    }

    /// Connects, trying every permitted address in order.
    ///
    /// # Errors
    /// When there is no permitted address or none of them answers.
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, ConnectFailure> {
        let name = host_of(host).ok_or_else(|| ConnectFailure::NotFound(format!("'{host}' is not a host name")))?;
        let addresses = self.addresses(&name, port).await?;
        self.count_connection(&name, port);
        if let Some(proxy) = &self.options.proxy {
            return proxy.connect(&name, port, self.options.connect_timeout).await;
        }
        // Each address has its share, so that a dead first one leaves time for the next.
        let share = self.options.connect_timeout / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
        let mut failure = ConnectFailure::NotFound(format!("{name} has no address"));
        for address in addresses {
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failure = ConnectFailure::from_io(&error),
                Err(_) => failure = ConnectFailure::TimedOut,
            }
        }
        Err(failure)
    }

    /// Lets a foreign host be asked on the port of plain HTTP, where lists of revoked certificates are published. Its addresses are
    /// judged as ever.
    pub fn accept_plain_port(&self, host: &str) {
        self.guard.accept_plain_port(host);
    }

    /// The addresses that `host` (as `host_of` writes it) may be reached at, pinned for the run and guarded now.
    ///
    /// Behind a proxy a name that we cannot resolve is the proxy's to resolve: the list is then empty.
    pub(super) async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NoAddress> {
        self.target_known.get_or_init(|| self.learn_target()).await;
        let addresses = self.lookup(host, Some(port)).await?;
        if addresses.is_empty() {
            return Ok(Vec::new());
        }
        let mut permitted = Vec::new();
        let mut refusal = None;
        for address in addresses {
            let verdict = self.guard.check_address(address).and_then(|()| self.guard.check_port(host, address, port));
            match verdict {
                Ok(()) => permitted.push(SocketAddr::new(address, port)),
                Err(reason) => refusal = Some(NoAddress::Forbidden(reason)),
            }
        }
        refusal.filter(|_| permitted.is_empty()).map_or(Ok(permitted), Err)
    }

    /// Resolves the hosts of the target before anything else, so that what they open does not depend on the order of requests.
    async fn learn_target(&self) {
        let written = |host: &String| self.options.overrides.iter().any(|entry| entry.host == *host);
        let hosts: Vec<String> = self.guard.target_hosts().into_iter().filter(|host| !written(host)).collect();
        let found = join_all(hosts.iter().map(|host| self.lookup(host, None))).await;
        for (host, addresses) in hosts.iter().zip(found) {
            match (literal(host), addresses) {
                (Some(address), _) => self.guard.accept_target_address(address),
                (None, Ok(addresses)) => self.guard.accept_resolved(&addresses),
                (None, Err(_)) => {}
            }
        }
    }

    async fn lookup(&self, host: &str, port: Option<u16>) -> Result<Vec<IpAddr>, NoAddress> {
        if let Some(literal) = literal(host) {
            return Ok(vec![literal]);
        }
        let written: Vec<IpAddr> = self
            .options
            .overrides
            .iter()
            .filter(|entry| entry.host == host && Some(entry.port) == port)
            .map(|entry| entry.address)
            .collect();
        if !written.is_empty() {
            return Ok(written);
        }
        let pin = Arc::clone(self.pins.lock().unwrap_or_else(PoisonError::into_inner).entry(host.to_owned()).or_default());
        pin.get_or_try_init(|| self.ask(host)).await.cloned()
    }

    async fn ask(&self, host: &str) -> Result<Vec<IpAddr>, NoAddress> {
        let Ok(answer) = timeout(self.options.connect_timeout, self.options.resolver.resolve(host)).await else {
            return if self.options.proxy.is_some() { Ok(Vec::new()) } else { Err(NoAddress::TimedOut) };
        };
        match answer {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            // Behind a proxy this is kept as the answer, so that no request waits for our resolver again.
            Ok(_) | Err(_) if self.options.proxy.is_some() => Ok(Vec::new()),
            Ok(_) => Err(NoAddress::NotFound(format!("{host} has no address"))),
            Err(error) => Err(NoAddress::NotFound(format!("{host} was not found in DNS: {error}"))),
        }
    }
}

/// The address that a host is written as.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

impl Connect for Dialer {
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<TcpStream, ConnectFailure>> {
        Box::pin(Dialer::connect(self, host, port))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::net::TcpListener;

    use super::*;

    /// Answers public first and private from the second question on.
    #[derive(Default)]
    struct Rebinding {
        asked: AtomicUsize,
    }

    impl Resolve for Rebinding {
        fn resolve<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
            let first = self.asked.fetch_add(1, Ordering::SeqCst) == 0;
            let address = if first { [8, 8, 8, 8] } else { [127, 0, 0, 1] };
            Box::pin(std::future::ready(Ok(vec![address.into()])))
        }
    }

    #[tokio::test]
    async fn h17_a_name_is_resolved_once_and_its_address_is_kept() {
        let resolver = Arc::new(Rebinding::default());
        let options = DialOptions { resolver: Arc::clone(&resolver) as Arc<dyn Resolve>, ..DialOptions::default() };
        let dialer = Dialer::new(AddressGuard::new([], vec![]), options);
        for _ in 0..3 {
            assert_eq!(dialer.addresses("rebind.example", 443).await.unwrap(), ["8.8.8.8:443".parse().unwrap()]);
        }
        assert_eq!(resolver.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_override_is_used_and_counted_and_a_name_without_one_is_resolved() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let overrides = vec![format!("payer.example:{port}:127.0.0.1").parse().unwrap()];
        let dialer = Dialer::new(
            AddressGuard::new([("payer.example".into(), port)], vec![]),
            DialOptions { overrides, ..DialOptions::default() },
        );
        assert!(dialer.connect("Payer.Example.", port).await.is_ok());
        let probing: &dyn Connect = &dialer;
        assert!(probing.connect("payer.example", port).await.is_ok());
        assert_eq!(dialer.connections("payer.example", port), 2);
        assert!("payer.example:x:127.0.0.1".parse::<Override>().is_err());
        assert_eq!("p:443:[::1]".parse::<Override>().unwrap().address, "::1".parse::<IpAddr>().unwrap());
    }

    #[tokio::test]
    async fn h16_every_spelling_of_a_local_address_is_refused_at_connect_and_reaches_nobody() {
        let canary = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = canary.local_addr().unwrap().port();
        let dialer = Dialer::new(AddressGuard::new([("8.8.8.8".into(), 443)], vec![]), DialOptions::default());
        for host in [
            "2130706433",
            "0x7f000001",
            "127.1",
            "0177.0.0.1",
            "127.0.0.1.",
            "[::ffff:127.0.0.1]",
            "64:ff9b::7f00:1",
            "localhost",
            "[::1]",
        ] {
            assert!(matches!(dialer.connect(host, port).await, Err(ConnectFailure::Forbidden(_))), "{host}");
        }
        assert!(timeout(Duration::from_millis(50), canary.accept()).await.is_err());
        assert_eq!(dialer.connections("127.0.0.1", port), 0);
    }

    #[tokio::test]
    async fn a_closed_port_is_refused_and_the_next_address_is_tried() {
        struct Two;
        impl Resolve for Two {
            fn resolve<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
                Box::pin(std::future::ready(Ok(vec![[127, 0, 0, 9].into(), [127, 0, 0, 1].into()])))
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let guard = AddressGuard::new([("two.example".into(), port)], vec![]);
        let dialer = Dialer::new(guard, DialOptions { resolver: Arc::new(Two), ..DialOptions::default() });
        assert!(dialer.connect("two.example", port).await.is_ok());
        drop(listener);
        assert_eq!(dialer.connect("two.example", port).await.unwrap_err(), ConnectFailure::Refused);
    }

    #[tokio::test]
    async fn a_tunnel_is_opened_through_the_proxy_that_the_operator_names() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut question = [0; 256];
            let length = stream.read(&mut question).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").await.unwrap();
            String::from_utf8_lossy(&question[..length]).into_owned()
        });
        let overrides = vec!["payer.example:443:8.8.8.8".parse().unwrap()];
        let dialer =
            Dialer::new(AddressGuard::default(), DialOptions { proxy: Some(proxy), overrides, ..DialOptions::default() });
        let mut stream = dialer.connect("payer.example", 443).await.unwrap();
        let mut hello = [0; 5];
        stream.read_exact(&mut hello).await.unwrap();
        assert_eq!(&hello, b"hello");
        assert!(served.await.unwrap().starts_with("CONNECT payer.example:443 HTTP/1.1\r\n"));
        assert!(matches!(dialer.connect("169.254.169.254", 80).await, Err(ConnectFailure::Forbidden(_))));
    }

    #[tokio::test]
    async fn behind_a_proxy_a_name_that_we_cannot_resolve_is_left_to_the_proxy() {
        struct Nowhere(AtomicUsize);
        impl Resolve for Nowhere {
            fn resolve<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
                self.0.fetch_add(1, Ordering::SeqCst);
                Box::pin(std::future::ready(Err(io::Error::other("no such name"))))
            }
        }
        let resolver = Arc::new(Nowhere(AtomicUsize::new(0)));
        let proxy = Some(Proxy::parse("http://127.0.0.1:9").unwrap());
        let options = DialOptions { proxy, resolver: Arc::clone(&resolver) as Arc<dyn Resolve>, ..DialOptions::default() };
        let dialer = Dialer::new(AddressGuard::default(), options);
        for _ in 0..2 {
            assert_eq!(dialer.addresses("inside.example", 443).await, Ok(vec![]));
        }
        assert_eq!(resolver.0.load(Ordering::SeqCst), 1);
        let options = DialOptions { resolver, ..DialOptions::default() };
        let direct = Dialer::new(AddressGuard::default(), options);
        assert!(matches!(direct.addresses("inside.example", 443).await, Err(NoAddress::NotFound(_))));
    }
}
