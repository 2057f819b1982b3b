//! Certificates made to choke a reader (H09): ten thousand names, and a chain of a hundred that leads in circles.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use openssl::pkey::PKey;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::X509;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::child::{Finished, run};

/// Presents these certificates, the first with this key, and answers every request with 404.
fn serve(chain: &[X509], key: &KeyPair) -> u16 {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).expect("OpenSSL can serve");
    builder.set_private_key(&PKey::private_key_from_der(&key.serialize_der()).expect("the key is one")).expect("it fits");
    let (leaf, others) = chain.split_first().expect("there is a leaf");
    builder.set_certificate(leaf).expect("it is one");
    for certificate in others {
        builder.add_extra_chain_cert(certificate.clone()).expect("it is one");
    }
    let acceptor = Arc::new(builder.build());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for tcp in listener.incoming().map_while(Result::ok) {
            let acceptor = Arc::clone(&acceptor);
            thread::spawn(move || {
                let _ = tcp.set_read_timeout(Some(Duration::from_secs(5)));
                let Ok(mut stream) = acceptor.accept(tcp) else { return };
                let mut request = [0; 4096];
                while stream.read(&mut request).is_ok_and(|count| count > 0) {
                    let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
                }
            });
        }
    });
    port
}

fn run_on(port: u16) -> Finished {
    let finished = run(&[&format!("https://localhost:{port}/fhir"), "--timeout", "10s", "tls", "discovery"], &[]);
    finished.survived().nothing_passes("tls.certificate");
    assert!(finished.elapsed < Duration::from_mins(1), "{:?}", finished.elapsed);
    assert!(finished.stdout.len() < 256 * 1024, "{} bytes are printed", finished.stdout.len());
    finished
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).expect("no name is a bad one");
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key can be made")
}

#[test]
fn h09_a_certificate_with_ten_thousand_names_is_survived() {
    let names = (0..10_000).map(|number| format!("n{number}.payer.example")).chain(["localhost".to_owned()]);
    let key = key();
    let certificate = CertificateParams::new(names.collect::<Vec<_>>()).and_then(|params| params.self_signed(&key));
    let certificate = X509::from_der(certificate.expect("it can be made").der()).expect("it is one");
    run_on(serve(&[certificate], &key));
}

#[test]
fn h09_a_chain_of_a_hundred_certificates_in_circles_is_cut_and_never_trusted() {
    let (one_key, other_key, leaf_key) = (key(), key(), key());
    let (one, other) = (Issuer::new(authority("One"), &one_key), Issuer::new(authority("Other"), &other_key));
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).and_then(|params| params.signed_by(&leaf_key, &one));
    let by_other = authority("One").signed_by(&one_key, &other).expect("it can be made");
    let by_one = authority("Other").signed_by(&other_key, &one).expect("it can be made");
    let read = |der: &[u8]| X509::from_der(der).expect("it is one");
    let mut chain = vec![read(leaf.expect("it can be made").der())];
    for _ in 0..50 {
        chain.extend([read(by_other.der()), read(by_one.der())]);
    }
    run_on(serve(&chain, &leaf_key));
}
