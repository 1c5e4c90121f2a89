//! The database URL: what it asks for, and what of it may be shown.

use std::sync::atomic::{AtomicU32, Ordering};

/// What a database URL asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// SQLite in memory.
    Memory(String),
    /// SQLite in a file.
    File(String),
    /// A PostgreSQL server.
    Postgres(String),
}

/// Why a URL asks for nothing that we have.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Another kind of database.
    Unsupported,
    /// It is SQLite's, and wrong; the text says how.
    Wrong(&'static str),
}

/// Reads a URL, and returns the one that sqlx is to be given.
pub(super) fn target(url: &str) -> Result<Target, Refused> {
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        return Ok(Target::Postgres(url.to_owned()));
    }
    let rest = url.strip_prefix("sqlite:").ok_or(Refused::Unsupported)?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (file, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    if file.is_empty() {
        return Err(Refused::Wrong(
            "it names no file; write sqlite::memory: or sqlite://FILE",
        ));
    }
    if file == ":memory:" {
        // sqlx reads the URL anew for each connection, and this one would mean a new database each
        // time. So it gets a name that no other in this process has.
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("sqlite:file:demo-{number}?mode=memory&cache=shared");
        return Ok(Target::Memory(name));
    }
    // These would be read as the end of the path.
    let file = file.replace('#', "%23");
    if parameters.contains("mode=memory") {
        return Ok(Target::Memory(format!("sqlite:{file}?{parameters}")));
    }
    let parameters = match (parameters, parameters.contains("mode=")) {
        ("", _) => "mode=rwc".to_owned(),
        (some, true) => some.to_owned(),
        (some, false) => format!("{some}&mode=rwc"),
    };
    Ok(Target::File(format!("sqlite:{file}?{parameters}")))
}

/// The URL as far as it may be shown: scheme, host and path, but neither user, password nor
/// parameters. Where it cannot be told what is what, less is shown.
pub(super) fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once(':') else {
        return "(not a URL)".to_owned();
    };
    if !scheme
        .chars()
        .all(|one| one.is_ascii_alphanumeric() || one == '+')
    {
        return "(not a URL)".to_owned();
    }
    let shown = rest.split(['?', '#']).next().unwrap_or_default();
    if scheme == "sqlite" {
        return format!("sqlite:{shown}");
    }
    let host = match shown.rsplit_once('@') {
        // A password may hold `/`; the last `@` is where it is over at the latest.
        Some((_, host)) => Some(host),
        // An `@` only behind `?` or `#`: those may be part of a password.
        None if rest.contains('@') => None,
        None => shown.strip_prefix("//"),
    };
    // What stands where a port does and is none may be a password without its host.
    let is_shown = |host: &&str| {
        let authority = host.split('/').next().unwrap_or_default();
        let port = authority
            .rsplit_once(']')
            .map_or(authority, |(_, port)| port)
            .rsplit_once(':');
        port.is_none_or(|(_, port)| port.parse::<u16>().is_ok())
    };
    match host.filter(is_shown) {
        Some(host) => format!("{scheme}://{host}"),
        None => format!("{scheme}://(host not shown)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_url_holds_no_secret() {
        for (url, shown) in [
            (
                "postgres://ada:hunter2@db.example:5432/shop",
                "postgres://db.example:5432/shop",
            ),
            (
                "postgres://ada:hun/ter2@db.example/shop?x=1",
                "postgres://db.example/shop",
            ),
            (
                "postgres://ada:hun@ter2@db.example/shop",
                "postgres://db.example/shop",
            ),
            (
                "postgres://ada:hun?ter2@db.example/shop",
                "postgres://(host not shown)",
            ),
            (
                "postgres://ada:hun#ter2@db.example/shop",
                "postgres://(host not shown)",
            ),
            (
                "postgres://db.example/shop?password=hunter2",
                "postgres://db.example/shop",
            ),
            ("postgres://ada:hunter2", "postgres://(host not shown)"),
            ("postgres://ada:hun/ter2", "postgres://(host not shown)"),
            ("postgres:hunter2", "postgres://(host not shown)"),
            ("postgres://[::1]:5432/shop", "postgres://[::1]:5432/shop"),
            ("sqlite::memory:", "sqlite::memory:"),
            (
                "sqlite:///var/lib/demo.db?mode=ro",
                "sqlite:///var/lib/demo.db",
            ),
            ("hunter2", "(not a URL)"),
            ("hunter2 @:x", "(not a URL)"),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }

    #[test]
    fn a_url_asks_for_a_file_or_a_server() {
        let file = |url: &str| Ok(Target::File(url.to_owned()));
        assert_eq!(target("sqlite://a.db"), file("sqlite:a.db?mode=rwc"));
        assert_eq!(target("sqlite:///a/b.db"), file("sqlite:/a/b.db?mode=rwc"));
        assert_eq!(
            target("sqlite:a#b.db?mode=ro"),
            file("sqlite:a%23b.db?mode=ro")
        );
        assert_eq!(
            target("sqlite:a.db?cache=shared"),
            file("sqlite:a.db?cache=shared&mode=rwc")
        );
        let url = "postgres://ada:x@db/shop";
        assert_eq!(target(url), Ok(Target::Postgres(url.to_owned())));
        assert_eq!(target("mysql://db/shop"), Err(Refused::Unsupported));
        assert_eq!(target("demo.db"), Err(Refused::Unsupported));
        for url in ["sqlite:", "sqlite://", "sqlite:?mode=rwc"] {
            assert!(matches!(target(url), Err(Refused::Wrong(_))), "{url}");
        }
    }

    #[test]
    fn each_database_in_memory_is_another() {
        let one = target("sqlite::memory:").unwrap();
        assert!(matches!(&one, Target::Memory(_)), "{one:?}");
        assert_ne!(one, target("sqlite::memory:").unwrap());
    }
}
