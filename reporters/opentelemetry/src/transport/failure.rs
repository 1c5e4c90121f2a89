//! Requests that got no answer: which of them are worth another attempt.

use std::error::Error;
use std::io;

use hyper_util::client::legacy;

use super::client::{Attempt, Delivery};
use super::told;

/// Everything that could be the network's or the receiver's passing trouble is tried again. What is
/// not going to change by itself (a certificate that is not trusted, an answer that is no HTTP) is
/// refused at once, with what could be done about it.
pub(super) fn judge(error: &legacy::Error, host: &str) -> Attempt {
    #[cfg(feature = "tls")]
    if let Some(tls) = find::<rustls::Error>(error) {
        return refused(format!(
            "TLS with {host} failed: {}{}",
            told::printable(&tls.to_string()),
            tls_advice(tls)
        ));
    }
    let why = error
        .source()
        .map_or_else(|| told::with_causes(error), told::with_causes);
    if let Some(http) = find::<hyper::Error>(error) {
        if http.is_parse() {
            return refused(format!(
                "what answers at {host} does not speak HTTP ({why}); is the port right? \
                 For HTTP it usually is 4318, for gRPC 4317"
            ));
        }
        if http.is_user() {
            return refused(format!("there can be no such request to {host}: {why}"));
        }
    }
    if error.is_connect() {
        let why = format!("no connection to {host}: {why}");
        return Attempt::Again { why, after: None };
    }
    let advice = if why.starts_with("http2 error") {
        "; does it speak gRPC? Its usual port is 4317"
    } else {
        ""
    };
    Attempt::Closed(format!("the connection to {host} broke: {why}{advice}"))
}

fn refused(why: String) -> Attempt {
    Attempt::Over(Delivery::Refused(why))
}

#[cfg(feature = "tls")]
fn tls_advice(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(_) => {
            "; name the authority that signed its certificate, and the host as the certificate does"
        }
        rustls::Error::InvalidMessage(_) => "; if it does not speak TLS, its address is http://",
        rustls::Error::AlertReceived(_) => {
            "; does it want a certificate of the client, or another?"
        }
        _ => "",
    }
}

/// The first cause of that type, the error itself included.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut cause = Some(error);
    for _ in 0..16 {
        let error = cause?;
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // What an io::Error is made of is not among its causes.
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        cause = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}
