//! Who trusts whom.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::receiver::{Receiver, answer};
use super::*;
use crate::transport::Identity;

/// An authority that signs whatever it is asked to.
pub(super) struct Authority {
    pub(super) pem: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem().into_bytes();
        let issuer = Issuer::new(params, key);
        Authority { pem, issuer }
    }

    fn identity(&self, names: &[&str]) -> Identity {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            certificate: certificate.pem().into_bytes(),
            key: key.serialize_pem().into_bytes(),
        }
    }

    /// A server for those names that wants clients to be known to `clients`, if there is such a one.
    pub(super) fn server(
        &self,
        names: &[&str],
        clients: Option<&Authority>,
        protocol: &[u8],
    ) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                let root = CertificateDer::from_pem_slice(&clients.pem).unwrap();
                roots.add(root).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let identity = self.identity(names);
        let chain = vec![CertificateDer::from_pem_slice(&identity.certificate).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(&identity.key).unwrap();
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![protocol.to_vec()];
        Arc::new(config)
    }
}

fn https(receiver: &Receiver, host: &str, roots: &Authority) -> Target {
    let mut target = target(&format!("https://{host}:{}/", receiver.address.port()));
    target.tls.roots = Some(roots.pem.clone());
    target
}

#[tokio::test]
async fn a_receiver_of_the_right_authority_is_trusted() {
    let authority = Authority::new();
    let server = authority.server(&["localhost", "127.0.0.1"], None, b"http/1.1");
    let receiver = Receiver::start_tls(server, vec![]).await;
    for host in ["localhost", "127.0.0.1"] {
        let client = client(https(&receiver, host, &authority));
        for _ in 0..2 {
            assert_eq!(deliver(&client).await, (whole(), vec![]));
        }
    }
    assert_eq!(receiver.connections(), [0, 0, 1, 1]);
}

#[tokio::test]
async fn any_of_several_authorities_will_do() {
    let authority = Authority::new();
    let server = authority.server(&["localhost"], None, b"http/1.1");
    let receiver = Receiver::start_tls(server, vec![]).await;
    let mut target = https(&receiver, "localhost", &Authority::new());
    target.tls.roots.as_mut().unwrap().extend(&authority.pem);
    assert_eq!(deliver(&client(target)).await, (whole(), vec![]));
}

#[tokio::test]
async fn a_receiver_of_another_authority_is_refused() {
    let server = Authority::new().server(&["localhost"], None, b"http/1.1");
    let receiver = Receiver::start_tls(server, vec![]).await;
    let client = client(https(&receiver, "localhost", &Authority::new()));
    let (delivery, failures) = deliver(&client).await;
    assert_refused(&delivery, &["TLS with localhost", "authority"]);
    assert_eq!(failures.len(), 1);
    assert!(receiver.seen().is_empty());
}

#[tokio::test]
async fn a_receiver_of_another_name_is_refused() {
    let authority = Authority::new();
    let server = authority.server(&["elsewhere.example"], None, b"http/1.1");
    let receiver = Receiver::start_tls(server, vec![]).await;
    let (delivery, _) = deliver(&client(https(&receiver, "localhost", &authority))).await;
    assert_refused(&delivery, &["TLS with localhost", "elsewhere.example"]);
}

#[tokio::test]
async fn a_receiver_that_wants_to_know_us_does() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = theirs.server(&["localhost"], Some(&ours), b"http/1.1");
    let receiver = Receiver::start_tls(server, vec![]).await;
    let mut target = https(&receiver, "localhost", &theirs);
    let (delivery, _) = deliver(&client(target.clone())).await;
    assert_refused(
        &delivery,
        &["TLS with localhost", "certificate of the client"],
    );
    target.tls.identity = Some(theirs.identity(&["us"]));
    let (delivery, _) = deliver(&client(target.clone())).await;
    assert_refused(
        &delivery,
        &["TLS with localhost", "certificate of the client"],
    );
    assert!(receiver.seen().is_empty());
    target.tls.identity = Some(ours.identity(&["us"]));
    assert_eq!(deliver(&client(target)).await, (whole(), vec![]));
}

#[tokio::test]
async fn tls_and_none_do_not_go_together() {
    let plain = Receiver::start(vec![]).await;
    let mut tls = https(&plain, "localhost", &Authority::new());
    tls.timeout = Duration::from_secs(2);
    // The greeting looks like a request that has not come to its end.
    let (delivery, _) = deliver_within(&client(tls), Duration::from_secs(1)).await;
    assert_late(&delivery, &["no answer", "localhost"]);

    let authority = Authority::new();
    let server = authority.server(&["127.0.0.1"], None, b"http/1.1");
    let receiver = Receiver::start_tls(server, vec![]).await;
    let (delivery, _) = deliver(&client(target_at(receiver.address))).await;
    assert_refused(&delivery, &["does not speak HTTP"]);
}

#[tokio::test]
async fn an_answer_in_plain_text_says_that_it_is_no_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut target = target(&format!("https://{}", listener.local_addr().unwrap()));
    target.tls.roots = Some(Authority::new().pem);
    let answering = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let bad = answer("400 Bad Request", &[], b"");
        stream.write_all(&bad).await.unwrap();
        stream
    };
    let client = client(target);
    let ((delivery, _), _stream) = tokio::join!(deliver(&client), answering);
    assert_refused(&delivery, &["TLS with 127.0.0.1", "http://"]);
}

#[tokio::test]
async fn certificates_are_not_looked_at_where_there_is_no_tls() {
    let receiver = Receiver::start(vec![]).await;
    let mut target = target_at(receiver.address);
    target.tls.roots = Some(b"nonsense".to_vec());
    assert_eq!(deliver(&client(target)).await, (whole(), vec![]));
}

#[test]
fn certificates_that_are_none_are_refused() {
    let authority = Authority::new();
    let mut nonsense = target("https://localhost");
    nonsense.tls.roots = Some(b"nonsense".to_vec());
    assert_says(&refusal(nonsense.clone()), &["authority", "PEM"]);
    nonsense.tls.roots = Some(authority.pem[..authority.pem.len() / 2].to_vec());
    assert_says(&refusal(nonsense.clone()), &["authority", "PEM"]);
    let der = b"-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    nonsense.tls.roots = Some(der.to_vec());
    assert_says(&refusal(nonsense), &["authority"]);

    let mut target = target("https://localhost");
    target.tls.roots = Some(authority.pem.clone());
    let (one, other) = (authority.identity(&["one"]), authority.identity(&["other"]));
    let with = |certificate: &[u8], key: &[u8]| {
        let mut target = target.clone();
        target.tls.identity = Some(Identity {
            certificate: certificate.to_vec(),
            key: key.to_vec(),
        });
        refusal(target)
    };
    assert_says(&with(&one.certificate, &other.key), &["client", "key"]);
    assert_says(&with(&one.key, &one.key), &["client", "certificate"]);
    let why = with(&one.certificate, b"-----BEGIN PRIVATE KEY-----\nSECRET");
    assert_says(&why, &["client", "key"]);
    assert!(!why.contains("SECRET"), "{why}");
}
