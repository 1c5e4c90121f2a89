//! The flags, each of which may also be an environment variable where the table in the README
//! names one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::Chaos;
use crate::telemetry::LogFilter;

const LISTEN: &str = "127.0.0.1:4000";
const DATABASE: &str = "sqlite::memory:";

// An environment variable that is set to nothing is as good as none: that is how compose files and
// the like leave one out.

fn listen(text: &str) -> Result<SocketAddr, String> {
    let text = if text.is_empty() { LISTEN } else { text };
    text.parse()
        .map_err(|_| format!("write IP:PORT, such as {LISTEN} or [::1]:4000"))
}

fn database(url: &str) -> Result<String, String> {
    Ok(if url.is_empty() { DATABASE } else { url }.to_owned())
}

/// Of 720, an hour is five seconds; an evaluation takes its time, too.
const FASTEST: u32 = 720;

fn slo_speed(text: &str) -> Result<u32, String> {
    let text = if text.is_empty() { "1" } else { text };
    let speed = text.parse().ok();
    speed
        .filter(|speed| (1..=FASTEST).contains(speed))
        .ok_or_else(|| format!("write a whole number from 1 to {FASTEST}"))
}

/// How the application is started.
#[derive(Debug, Clone, Parser)]
#[command(
    version,
    about = "A small site that shows telemetry at work",
    args_override_self = true
)]
pub struct Config {
    /// Where to listen; port 0 picks a free one
    #[arg(long, env = "LISTEN", default_value = LISTEN, value_name = "ADDR", value_parser = listen)]
    pub listen: SocketAddr,

    /// sqlite::memory:, sqlite://FILE, which is created if missing, or
    /// postgres://USER:PASSWORD@HOST/NAME
    // The value may hold a password, so `--help` must not show it.
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = DATABASE,
        value_name = "URL",
        value_parser = database
    )]
    pub database: String,

    /// Send cookies by HTTPS only: for a site behind something that speaks it
    #[arg(long)]
    pub secure_cookies: bool,

    /// What hashing a password costs; low is for load tests, and not safe
    #[arg(long, value_enum, default_value_t = PasswordCost::Standard, value_name = "COST")]
    pub password_cost: PasswordCost,

    /// Write every event to standard output, as readable lines or as JSON, or the metrics as a table
    #[arg(long, value_enum)]
    pub console: Option<ConsoleMode>,

    /// Write log lines to standard error; each line of a request has the id of its trace
    #[arg(long, value_enum, default_value_t = LogMode::Off, value_name = "FORM")]
    pub log: LogMode,

    /// Which log lines: levels, by target where wanted, such as info,sqlx=debug
    #[arg(long, default_value = "info", value_name = "LEVELS")]
    pub log_filter: LogFilter,

    /// Send metrics to this StatsD daemon: host:port, or unix:// and a socket's path
    #[arg(long, env = "STATSD", value_name = "ADDR")]
    pub statsd: Option<String>,

    /// What the StatsD daemon understands
    #[arg(long, value_enum, default_value_t = StatsdFormat::Standard)]
    pub statsd_format: StatsdFormat,

    /// Also feed this exporter of the `metrics` crate: to StatsD under `bridge.`, or to Prometheus at
    /// /metrics/bridge
    #[arg(long, value_enum, value_name = "EXPORTER")]
    pub bridge: Option<Bridge>,

    /// Where `--bridge statsd` sends to, host:port; the address of `--statsd` if left out
    #[arg(long, requires = "bridge", value_name = "ADDR")]
    pub bridge_statsd: Option<String>,

    /// Send spans and metrics to this OpenTelemetry collector, http://HOST:4318; the variables
    /// OTEL_* say how, and where if this does not
    #[arg(
        long,
        env = "OTLP_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub otlp: Option<String>,

    /// Whether the variables OTEL_* are obeyed
    #[arg(skip = true)]
    pub otel_variables: bool,

    /// Memory for the past of all metrics, which /dashboard shows, in mebibytes; 0 for no dashboard
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u32).range(..=4096))]
    pub history_mib: u32,

    /// Who knows this token may see /dashboard from anywhere; without it, only browsers on this machine
    #[arg(
        long,
        env = "DASHBOARD_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub dashboard_token: Option<String>,

    /// Memory for the last traces, which the dashboard shows, in mebibytes; 0 for none
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1024))]
    pub traces_mib: u32,

    /// How often metrics are sent to StatsD, in milliseconds
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    pub flush_ms: u64,

    /// How long the landing page takes, in milliseconds, at random between both, inclusive
    #[arg(long, default_value = "0-0", value_name = "LOW-HIGH")]
    pub landing_delay_ms: LandingDelay,

    /// How many of a hundred attempts at a flaky job fail
    #[arg(long, default_value_t = 40, value_name = "N", value_parser = clap::value_parser!(u8).range(..=100))]
    pub jobs_fail_percent: u8,

    /// How many of a hundred answers of the service behind /quote fail
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u8).range(..=100))]
    pub upstream_fail_percent: u8,

    /// Send virtual visitors through the site, so that there is something to see
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = crate::load::VISITORS, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub load: Option<u32>,

    /// Break requests on purpose: latency=300ms,errors=5%, and when: after=10s,for=60s
    #[arg(
        long,
        env = "CHAOS",
        default_value = "",
        hide_default_value = true,
        value_name = "WHAT"
    )]
    pub chaos: Chaos,

    /// Divide all windows of objectives and all times of alarms by this, to see alerts sooner
    #[arg(long, env = "SLO_SPEED", default_value_t = 1, value_name = "N", value_parser = slo_speed)]
    pub slo_speed: u32,

    /// Write rules, dashboards and what else is made for these settings into this folder, and end
    #[arg(long, value_name = "FOLDER")]
    pub write_ops: Option<PathBuf>,

    /// How many WebSockets of /live may be open
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub live_sockets: u32,

    /// How often a WebSocket is pinged, in milliseconds
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u64).range(10..=3_600_000), hide = true)]
    pub live_ping_ms: u64,
}

impl Default for Config {
    /// The defaults of the flags, whatever the environment says; but, for tests, a free port,
    /// passwords that are hashed quickly, nothing that fails by chance, and no traces kept.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: DATABASE.into(),
            secure_cookies: false,
            password_cost: PasswordCost::Low,
            console: None,
            log: LogMode::Off,
            log_filter: LogFilter::default(),
            statsd: None,
            statsd_format: StatsdFormat::Standard,
            bridge: None,
            bridge_statsd: None,
            otlp: None,
            otel_variables: false,
            history_mib: 4,
            dashboard_token: None,
            // Several in one process would see one another's spans.
            traces_mib: 0,
            flush_ms: 1000,
            landing_delay_ms: LandingDelay { low: 0, high: 0 },
            jobs_fail_percent: 0,
            upstream_fail_percent: 0,
            load: None,
            chaos: Chaos::default(),
            slo_speed: 1,
            write_ops: None,
            live_sockets: 1000,
            live_ping_ms: 20_000,
        }
    }
}

/// What hashing a password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PasswordCost {
    /// As much as is recommended: 19 MiB and some hundredths of a second.
    Standard,
    /// Next to nothing. Such hashes are quickly guessed.
    Low,
}

/// What is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConsoleMode {
    /// Each event as a line.
    Lines,
    /// Each event as a line of JSON.
    Json,
    /// Every ten seconds the metrics.
    Table,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogMode {
    /// Not at all.
    Off,
    /// For people.
    Text,
    /// A JSON object per line.
    Json,
}

/// What a StatsD daemon understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatsdFormat {
    /// Plain StatsD: tags in the name.
    Standard,
    /// DogStatsD: tags of their own.
    Datadog,
}

/// An exporter of the `metrics` crate that the demo can feed, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Bridge {
    /// `metrics-exporter-statsd`.
    Statsd,
    /// `metrics-exporter-prometheus`.
    Prometheus,
}

/// How long the landing page takes: `LOW-HIGH` in milliseconds, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LandingDelay {
    low: u64,
    high: u64,
}

/// The longest landing delay. Of one beyond [`DRAIN_TIMEOUT`](crate::DRAIN_TIMEOUT), requests may be
/// cut off when the application stops.
const LONGEST_MS: u64 = 60_000;

impl LandingDelay {
    /// Whether there is one.
    #[must_use]
    pub fn is_any(self) -> bool {
        self.high > 0
    }

    /// A delay from the range.
    #[must_use]
    pub fn pick(self) -> Duration {
        Duration::from_millis(fastrand::u64(self.low..=self.high))
    }
}

impl FromStr for LandingDelay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            text.trim()
                .parse::<u64>()
                .ok()
                .filter(|ms| *ms <= LONGEST_MS)
        };
        text.split_once('-')
            .and_then(|(low, high)| Some((number(low)?, number(high)?)))
            .filter(|(low, high)| low <= high)
            .map(|(low, high)| Self { low, high })
            .ok_or_else(|| {
                format!("write LOW-HIGH, such as 1000-5000, with LOW <= HIGH <= {LONGEST_MS}")
            })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Config::command().debug_assert();
    }

    #[test]
    fn a_landing_delay_is_a_range() {
        let delay: LandingDelay = "3-5".parse().unwrap();
        for _ in 0..100 {
            assert!((3..=5).contains(&delay.pick().as_millis()));
        }
        for bad in ["", "5", "5-3", "a-b", "-1-2", "1-", "0-60001", "1-2-3"] {
            assert!(bad.parse::<LandingDelay>().is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_is_as_good_as_the_default() {
        let config = Config::parse_from(["demo-app", "--listen", "", "--database", ""]);
        assert_eq!(config.listen.to_string(), LISTEN);
        assert_eq!(config.database, DATABASE);
        let error = Config::try_parse_from(["demo-app", "--listen", "4000"]).unwrap_err();
        assert!(error.to_string().contains("IP:PORT"), "{error}");
    }

    #[test]
    fn nothing_fails_more_often_than_always() {
        for flag in ["--jobs-fail-percent", "--upstream-fail-percent"] {
            assert!(Config::try_parse_from(["demo-app", flag, "100"]).is_ok());
            assert!(Config::try_parse_from(["demo-app", flag, "101"]).is_err());
        }
    }

    #[test]
    fn the_database_url_is_not_shown_in_the_help() {
        let mut help = Vec::new();
        Config::command().write_long_help(&mut help).unwrap();
        let help = String::from_utf8(help).unwrap();
        assert!(help.contains("[env: DATABASE_URL]"), "{help}");
    }
}
