//! Datadog's environment variables, as a user of its clients expects them to be read.
//!
//! They are read where the builder is told to, by a function that it is given, and what the program
//! itself says comes first.

use std::net::Ipv6Addr;

use super::origin::Cardinality;
use crate::address::Address;

/// What the variables say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    pub(crate) address: Option<Address>,
    /// In the order in which they are sent; what has no value is a tag all the same.
    pub(crate) tags: Vec<(String, String)>,
    /// Whether to find out the container.
    pub(crate) detect_container: bool,
    pub(crate) external_data: Option<String>,
    pub(crate) cardinality: Option<Cardinality>,
    pub(crate) problems: Vec<Mistake>,
}

/// A variable whose value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) variable: &'static str,
    pub(crate) value: String,
    pub(crate) why: &'static str,
}

impl Mistake {
    /// Whether it is about where to send.
    pub(crate) fn is_of_address(&self) -> bool {
        [URL, HOST, PORT].contains(&self.variable)
    }
}

const URL: &str = "DD_DOGSTATSD_URL";
const HOST: &str = "DD_AGENT_HOST";
const PORT: &str = "DD_DOGSTATSD_PORT";

const DEFAULT_PORT: &str = "8125";

impl Environment {
    /// Reads all of it. An empty variable is as good as none.
    pub(crate) fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| {
            let value = lookup(name)?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let mut read = Self {
            external_data: get("DD_EXTERNAL_ENV"),
            ..Self::default()
        };
        read.address(&get);
        read.tags(&get);
        let origin = get("DD_ORIGIN_DETECTION_ENABLED").unwrap_or_default();
        let off = ["no", "false", "0", "n", "off"];
        read.detect_container = !off.contains(&origin.to_lowercase().as_str());
        for variable in ["DD_CARDINALITY", "DATADOG_CARDINALITY"] {
            let Some(value) = get(variable) else { continue };
            read.cardinality = Cardinality::parse(&value);
            if read.cardinality.is_none() {
                let why = "it is `none`, `low`, `orchestrator` or `high`";
                read.mistake(variable, value, why);
            }
            break;
        }
        read
    }

    fn mistake(&mut self, variable: &'static str, value: String, why: &'static str) {
        self.problems.push(Mistake {
            variable,
            value,
            why,
        });
    }

    fn address(&mut self, get: &impl Fn(&str) -> Option<String>) {
        let (url, host, port) = (get(URL), get(HOST), get(PORT));
        let is_url = |host: &String| host.contains("://");
        let port = port.filter(|_| url.is_none() && !host.as_ref().is_some_and(is_url));
        if let Some(port) = &port {
            if !port.parse().is_ok_and(|port: u16| port > 0) {
                let why = "the port is not a number from 1 to 65535";
                return self.mistake(PORT, port.clone(), why);
            }
        }
        let (variable, value) = match (url, host, port) {
            (Some(url), ..) => (URL, with_port(&url)),
            (None, Some(host), _) if is_url(&host) => (HOST, with_port(&host)),
            (None, Some(host), port) => {
                let port = port.unwrap_or_else(|| DEFAULT_PORT.into());
                let is_v6 = host.parse::<Ipv6Addr>().is_ok();
                let host = if is_v6 { format!("[{host}]") } else { host };
                (HOST, format!("{host}:{port}"))
            }
            (None, None, Some(port)) => (PORT, format!("127.0.0.1:{port}")),
            (None, None, None) => return,
        };
        match Address::parse(&value) {
            Ok(address) => self.address = Some(address),
            Err(why) => self.mistake(variable, value, why),
        }
    }

    /// In the order of Datadog's clients. The special variables are before the list.
    fn tags(&mut self, get: &impl Fn(&str) -> Option<String>) {
        const SPECIAL: [(&str, &str); 4] = [
            ("DD_ENTITY_ID", "dd.internal.entity_id"),
            ("DD_ENV", "env"),
            ("DD_SERVICE", "service"),
            ("DD_VERSION", "version"),
        ];
        let special: Vec<(String, String)> = SPECIAL
            .into_iter()
            .filter_map(|(variable, key)| Some((key.to_owned(), get(variable)?)))
            .collect();
        let listed = get("DD_TAGS").unwrap_or_default();
        // By commas, or, without any, by white space.
        let separator: fn(char) -> bool = if listed.contains(',') {
            |c| c == ','
        } else {
            char::is_whitespace
        };
        for tag in listed.split(separator).map(str::trim) {
            let (key, value) = tag.split_once(':').unwrap_or((tag, ""));
            let is_special = special.iter().any(|(one, _)| one == key);
            if !(key.is_empty() || is_special) {
                self.tags.push((key.into(), value.into()));
            }
        }
        self.tags.extend(special);
    }
}

/// A URL of a host may do without a port.
fn with_port(url: &str) -> String {
    let host = url
        .strip_prefix("udp://")
        .map(|rest| rest.trim_end_matches('/'));
    match host {
        Some(host) if host.ends_with(']') || !host.contains(':') => {
            format!("{host}:{DEFAULT_PORT}")
        }
        Some(host) => host.into(),
        None => url.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Environment {
        Environment::read(|name| {
            let found = variables.iter().find(|(one, _)| *one == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn address(variables: &[(&str, &str)]) -> String {
        let read = read(variables);
        assert_eq!(read.problems, []);
        read.address
            .map(|address| address.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn a_url_is_before_a_host_and_a_host_before_a_port() {
        let host = ("DD_AGENT_HOST", "agent");
        let port = ("DD_DOGSTATSD_PORT", "9125");
        assert_eq!(address(&[]), "");
        assert_eq!(address(&[port]), "127.0.0.1:9125");
        assert_eq!(address(&[host]), "agent:8125");
        assert_eq!(address(&[host, port]), "agent:9125");
        assert_eq!(
            address(&[("DD_AGENT_HOST", "fe80::1"), port]),
            "[fe80::1]:9125"
        );
        assert_eq!(address(&[("DD_AGENT_HOST", "  "), port]), "127.0.0.1:9125");
        for (url, expected) in [
            ("udp://here:1", "here:1"),
            ("udp://here", "here:8125"),
            ("udp://[::1]", "[::1]:8125"),
            #[cfg(unix)]
            ("unix:///run/dsd.socket", "unix:///run/dsd.socket"),
            #[cfg(unix)]
            (
                "unixstream:///run/dsd.socket",
                "unixstream:///run/dsd.socket",
            ),
        ] {
            assert_eq!(address(&[("DD_DOGSTATSD_URL", url), host, port]), expected);
            assert_eq!(address(&[("DD_AGENT_HOST", url), port]), expected);
        }
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        let used = read(&[("DD_DOGSTATSD_PORT", "70000"), ("DD_CARDINALITY", "medium")]);
        let told: Vec<_> = used
            .problems
            .iter()
            .map(|mistake| (mistake.variable, mistake.value.as_str()))
            .collect();
        let port = ("DD_DOGSTATSD_PORT", "70000");
        assert_eq!(told, [port, ("DD_CARDINALITY", "medium")]);

        let with_host = read(&[("DD_AGENT_HOST", "agent"), ("DD_DOGSTATSD_PORT", "x")]);
        assert_eq!(with_host.problems[0].variable, "DD_DOGSTATSD_PORT");
        assert!(with_host.problems[0].is_of_address());
        // A port beside a URL is not read.
        let beside = read(&[
            ("DD_DOGSTATSD_URL", "udp://agent"),
            ("DD_DOGSTATSD_PORT", "x"),
        ]);
        assert_eq!(beside.problems, []);
    }

    #[test]
    fn tags_are_of_four_variables_and_a_list() {
        let tags = |variables: &[(&str, &str)]| -> Vec<String> {
            let tags = read(variables).tags.into_iter();
            tags.map(|(key, value)| format!("{key}={value}")).collect()
        };
        assert_eq!(
            tags(&[
                ("DD_TAGS", "team:shop, env:test,alone, url:a:b,,team:x"),
                ("DD_ENV", "prod"),
                ("DD_SERVICE", "web"),
                ("DD_VERSION", "1.2"),
                ("DD_ENTITY_ID", "pod-1"),
            ]),
            [
                "team=shop",
                "alone=",
                "url=a:b",
                "team=x",
                "dd.internal.entity_id=pod-1",
                "env=prod",
                "service=web",
                "version=1.2",
            ]
        );
        assert_eq!(tags(&[("DD_TAGS", "a:1  b:2")]), ["a=1", "b=2"]);
        assert_eq!(tags(&[]), [""; 0]);
    }

    #[test]
    fn the_container_is_looked_for_unless_that_is_switched_off() {
        for (value, detect) in [("", true), ("true", true), ("False", false), ("0", false)] {
            let read = read(&[("DD_ORIGIN_DETECTION_ENABLED", value)]);
            assert_eq!(read.detect_container, detect, "{value}");
        }
        assert_eq!(
            read(&[("DD_EXTERNAL_ENV", "it-x")])
                .external_data
                .as_deref(),
            Some("it-x")
        );
    }
}
