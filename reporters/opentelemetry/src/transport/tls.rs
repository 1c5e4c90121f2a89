//! Whom we trust, and who we are.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::target::{Identity, Protocol, Target};

/// Fails in a sentence. Nothing of the process' own choice of cryptography is used or set.
pub(super) fn config(target: &Target) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    // A plain connection needs nobody's certificates, and must not fail for want of them.
    let roots = if target.is_https() {
        roots(target.tls.roots.as_deref())?
    } else {
        RootCertStore::empty()
    };
    let builder = builder.with_root_certificates(roots);
    let mut config = match &target.tls.identity {
        Some(identity) if target.is_https() => {
            let (chain, key) = read(identity)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| format!("the client's certificate and key do not do: {error}"))?
        }
        _ => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![match target.protocol {
        Protocol::HttpProtobuf => b"http/1.1".to_vec(),
        Protocol::Grpc => b"h2".to_vec(),
    }];
    Ok(config)
}

fn roots(own: Option<&[u8]>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = own {
        for certificate in certificates(pem, "the certificate of the authority")? {
            roots
                .add(certificate)
                .map_err(|error| format!("the certificate of the authority is none: {error}"))?;
        }
        return Ok(roots);
    }
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found
            .errors
            .first()
            .map(|error| format!(" ({error})"))
            .unwrap_or_default();
        return Err(format!(
            "this system has no certificates of authorities{why}: \
             install its package of them, or name a certificate to trust"
        ));
    }
    Ok(roots)
}

fn read(
    identity: &Identity,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let chain = certificates(&identity.certificate, "the client's certificate")?;
    let key = PrivateKeyDer::from_pem_slice(&identity.key)
        .map_err(|_| "the client's key holds no private key in PEM".to_owned())?;
    Ok((chain, key))
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    // What could not be read is not quoted: it may be a key that got into the wrong place.
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(format!("{what} holds no certificate in PEM")),
        Err(_) => Err(format!("{what} is damaged: this is not whole PEM")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_named_is_trusted_instead_of_the_system() {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![]).unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        assert_eq!(roots(Some(pem.as_bytes())).unwrap().len(), 1);
        let two = format!("{pem}\n{pem}");
        assert_eq!(roots(Some(two.as_bytes())).unwrap().len(), 2);
    }
}
