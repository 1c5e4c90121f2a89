//! From settings to a running reporter: everything is checked first, and told at once.

use std::sync::Arc;

use telemetry_metrics::Needs;
use telemetry_metrics::push::Push;

use crate::address::Address;
use crate::builder::StatsdBuilder;
use crate::check;
use crate::datadog::origin::Origin;
use crate::datadog::{Tail, container, outbox};
use crate::encode::{Encoder, global_tags};
use crate::format::Format;
use crate::lookup::Lookup;
use crate::pack::Packer;
use crate::problem::{Problem, StatsdError};
use crate::reporter::{Reporter, State};
use crate::statsd::{LONGEST, Statsd};
use crate::tally::Tally;
use crate::text::push_tag;
use crate::udp::{Host, UdpPeer};
use crate::wire::Wire;

/// The smallest datagram that makes sense.
pub(crate) const MIN_MTU: usize = 64;
/// The largest that UDP over IPv4 can carry.
pub(crate) const MAX_MTU: usize = 65_507;

const DEFAULT_ADDRESS: &str = "127.0.0.1:8125";

pub(crate) fn start(builder: &StatsdBuilder<'_>) -> Result<Statsd, StatsdError> {
    let mut problems = Vec::new();
    let address = address(builder, &mut problems);
    settings(builder, &mut problems);
    let Some(address) = address.filter(|_| problems.is_empty()) else {
        return Err(StatsdError::Settings(problems));
    };

    let is_datadog = builder.format == Format::Datadog;
    let tags = if is_datadog {
        tags(builder)
    } else {
        String::new()
    };
    let origin = if is_datadog {
        origin(builder).fields()
    } else {
        String::new()
    };
    let tail = is_datadog.then(|| Tail::new(tags.clone(), origin.clone()));
    let max_values = u64::try_from(builder.max_values).unwrap_or(u64::MAX);
    let mtu = builder.mtu.unwrap_or_else(|| address.default_mtu());

    let health = builder.aggregator.register_health("statsd");
    let tally = Arc::new(Tally::default());
    let (outbox, inbox) = outbox(tail, &health);
    let encoder = Encoder::new(builder.format, &builder.prefix, tags, max_values);
    let reporter = Reporter {
        reader: builder.aggregator.reader(Needs::Values),
        encoder: encoder.with_origin(origin).packing(builder.pack_values),
        packer: Packer::new(mtu),
        peer: peer(address, builder),
        inbox,
        timestamps: builder.timestamps,
        health,
        tally: tally.clone(),
        state: State::default(),
    };
    let push = Push::start("telemetry-statsd", builder.interval.min(LONGEST), reporter);
    let push = push.map_err(StatsdError::Thread)?;
    Ok(Statsd::new(push, outbox, tally))
}

/// The program's own address, else that of the environment, else the default.
fn address(builder: &StatsdBuilder<'_>, problems: &mut Vec<Problem>) -> Option<Address> {
    let environment = builder.environment.as_ref();
    let of_environment = environment.and_then(|environment| environment.address.clone());
    let given = match (&builder.address, of_environment) {
        (None, Some(address)) => return Some(address),
        (None, None) => DEFAULT_ADDRESS,
        (Some(given), _) => given,
    };
    match Address::parse(given) {
        Ok(address) => Some(address),
        Err(why) => {
            let address = given.to_owned();
            problems.push(Problem::Address { address, why });
            None
        }
    }
}

fn settings(builder: &StatsdBuilder<'_>, problems: &mut Vec<Problem>) {
    if !check::prefix_is_valid(&builder.prefix) {
        problems.push(Problem::Prefix(builder.prefix.clone()));
    }
    if let Some(mtu) = builder.mtu {
        if !(MIN_MTU..=MAX_MTU).contains(&mtu) {
            problems.push(Problem::Mtu(mtu));
        }
    }
    if builder.interval.is_zero() {
        problems.push(Problem::Interval);
    }
    if builder.max_values == 0 {
        problems.push(Problem::MaxValues);
    }
    if builder.format != Format::Datadog {
        for (setting, is_set) in [
            ("global_tag", !builder.global_tags.is_empty()),
            ("timestamps", builder.timestamps),
            ("container_id", builder.container_id.is_some()),
            ("detect_container", builder.detect_container),
            ("external_data", builder.external_data.is_some()),
            ("cardinality", builder.cardinality.is_some()),
        ] {
            if is_set {
                problems.push(Problem::DatadogOnly(setting));
            }
        }
    }
    let mistakes = builder.environment.iter().flat_map(|read| &read.problems);
    // What the program says itself comes first, so what it does not need may be as it is.
    let needed = mistakes.filter(|mistake| !(mistake.is_of_address() && builder.address.is_some()));
    for mistake in needed {
        problems.push(Problem::Environment {
            variable: mistake.variable,
            value: mistake.value.clone(),
            why: mistake.why,
        });
    }
    let mut global = builder.aggregator.constant_tags().to_vec();
    global.extend(builder.global_tags.iter().cloned());
    check::definitions(
        builder.aggregator.definitions(),
        &global,
        builder.format,
        &builder.prefix,
        problems,
    );
}

/// The tags of all lines: the aggregator's, the builder's, and of the environment those whose keys
/// are not among them.
fn tags(builder: &StatsdBuilder<'_>) -> String {
    let own = builder.aggregator.constant_tags().iter();
    let own = own.chain(&builder.global_tags);
    let sent = |key: &str| {
        let mut sent = String::new();
        push_tag(&mut sent, key);
        sent
    };
    let known: Vec<String> = own.clone().map(|(key, _)| sent(key)).collect();
    let of_environment = builder.environment.iter().flat_map(|read| &read.tags);
    let of_environment = of_environment.filter(|(key, _)| !known.contains(&sent(key)));
    global_tags(
        own.filter(|(_, value)| !value.is_empty())
            .chain(of_environment),
    )
}

fn origin(builder: &StatsdBuilder<'_>) -> Origin {
    let environment = builder.environment.clone().unwrap_or_default();
    let detect = builder.detect_container || environment.detect_container;
    let container = builder.container_id.clone();
    Origin {
        container: container.or_else(|| detect.then(container::detect).flatten()),
        external_data: builder.external_data.clone().or(environment.external_data),
        cardinality: builder.cardinality.or(environment.cardinality),
    }
}

fn peer(address: Address, builder: &StatsdBuilder<'_>) -> Box<dyn Wire + Send> {
    let host = match address {
        Address::Literal(address) => Host::Literal(address),
        Address::Name { host, port } => Host::Name {
            host,
            port,
            again: builder.resolve_interval,
        },
        #[cfg(unix)]
        Address::Unix { kind, path } => {
            use crate::unix::{Framing, UnixPeer};
            let framing = match builder.format {
                Format::Standard => Framing::Lines,
                Format::Datadog => Framing::Prefixed,
            };
            return Box::new(UnixPeer::new(path, kind, framing));
        }
        #[cfg(not(unix))]
        Address::Unix { .. } => unreachable!("it is refused when it is read"),
    };
    Box::new(UdpPeer::new(host, Lookup::of_the_system()))
}
