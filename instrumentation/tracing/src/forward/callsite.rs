//! One callsite, made while the program runs.
//!
//! `tracing` wants to know a callsite's name, target, level and fields for ever, so they are
//! leaked. Its metadata points to its callsite, and its callsite to its metadata; the circle is
//! closed by an [`Identity`], which is nothing but an address that has its metadata later. What is
//! registered is `tracing`'s own `DefaultCallsite`: it caches who is interested, and is kept in a
//! list without a lock, so that a subscriber which emits while it is being asked about callsites
//! cannot deadlock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_core::callsite::DefaultCallsite;
use tracing_core::field::FieldSet;
use tracing_core::metadata::Kind;
use tracing_core::subscriber::Interest;
use tracing_core::{Level, Metadata, identify_callsite};

/// The module path of all of these, by which the way back recognises them.
pub(crate) const FORWARDED: &str = "telemetry_tracing::forward";

/// What tells one callsite from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) name: &'static str,
    /// `None` is one made of the name.
    pub(super) target: Option<&'static str>,
    pub(super) level: Level,
    pub(super) is_span: bool,
}

/// Where the value of a field comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) of: Of,
    pub(super) key: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Measurement,
    /// A duration once more, as a number.
    Nanoseconds,
    Metadata,
}

#[derive(Debug)]
pub(super) struct Callsite {
    registered: DefaultCallsite,
    /// Whether it has been registered.
    is_met: AtomicBool,
    metadata: &'static Metadata<'static>,
    /// How many fields come before those of the sources.
    own: usize,
    sources: Box<[Source]>,
    is_generic: bool,
}

/// The fields that every callsite has, by their places.
pub(super) mod own {
    pub(in super::super) const EVENT: &[&str] = &["message"];
    pub(in super::super) const MESSAGE: usize = 0;

    pub(in super::super) const SPAN: &[&str] = &[
        "trace_id",
        "span_id",
        "duration",
        "duration_ns",
        "outcome",
        "reason",
    ];
    pub(in super::super) const TRACE_ID: usize = 0;
    pub(in super::super) const SPAN_ID: usize = 1;
    pub(in super::super) const DURATION: usize = 2;
    pub(in super::super) const DURATION_NS: usize = 3;
    pub(in super::super) const OUTCOME: usize = 4;
    pub(in super::super) const REASON: usize = 5;
}

impl Callsite {
    /// A callsite with a field for each source.
    pub(super) fn leak(place: Place, sources: Vec<Source>) -> &'static Self {
        let mut names = own_fields(place.is_span).to_vec();
        let own = names.len();
        for source in &sources {
            let name = free_name(&names, *source);
            names.push(name);
        }
        let target = match place.target {
            Some(target) => target,
            None => String::leak(target_of(place)),
        };
        Self::leak_with(place, target, names, own, sources, false)
    }

    /// A callsite with one field for all that an event may have.
    pub(super) fn leak_generic(level: Level, is_span: bool) -> &'static Self {
        let place = Place {
            name: "telemetry",
            target: None,
            level,
            is_span,
        };
        let mut names = own_fields(is_span).to_vec();
        let own = names.len();
        names.push("fields");
        Self::leak_with(place, "telemetry", names, own, Vec::new(), true)
    }

    fn leak_with(
        place: Place,
        target: &'static str,
        names: Vec<&'static str>,
        own: usize,
        sources: Vec<Source>,
        is_generic: bool,
    ) -> &'static Self {
        let identity: &'static Identity = Box::leak(Box::default());
        let kind = if place.is_span {
            Kind::SPAN
        } else {
            Kind::EVENT
        };
        let metadata = identity.metadata.get_or_init(|| {
            let fields = FieldSet::new(Vec::leak(names), identify_callsite!(identity));
            let module = Some(FORWARDED);
            Metadata::new(
                place.name,
                target,
                place.level,
                None,
                None,
                module,
                fields,
                kind,
            )
        });
        Box::leak(Box::new(Self {
            registered: DefaultCallsite::new(metadata),
            is_met: AtomicBool::new(false),
            metadata,
            own,
            sources: sources.into(),
            is_generic,
        }))
    }

    pub(super) fn metadata(&self) -> &'static Metadata<'static> {
        self.metadata
    }

    /// Whether any subscriber may want it; the first call registers it.
    pub(super) fn interest(&'static self) -> Interest {
        let interest = self.registered.interest();
        self.is_met.store(true, Ordering::Release);
        interest
    }

    /// Whether it is known that no subscriber wants it. This never registers it.
    pub(super) fn is_unwanted(&'static self) -> bool {
        // Acquire, so that it is seen as registered by whoever sees this.
        self.is_met.load(Ordering::Acquire) && self.registered.interest().is_never()
    }

    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The place of a source among all fields. `near` is where it would stand if it had the same
    /// order as the last event.
    pub(super) fn position(&self, source: Source, near: usize) -> Option<usize> {
        let at = match self.sources.get(near) {
            Some(expected) if *expected == source => near,
            _ => self.sources.iter().position(|known| *known == source)?,
        };
        Some(self.own + at)
    }

    /// The place of the field for everything, if that is what it has.
    pub(super) fn everything(&self) -> Option<usize> {
        self.is_generic.then_some(self.own)
    }
}

/// What metadata points to when it says which callsite it belongs to.
#[derive(Debug, Default)]
struct Identity {
    metadata: OnceLock<Metadata<'static>>,
}

impl tracing_core::Callsite for Identity {
    /// It is not what is registered, so nobody calls this.
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        // Set before anybody has seen the identity.
        self.metadata.get().expect("metadata comes first")
    }
}

fn own_fields(is_span: bool) -> &'static [&'static str] {
    if is_span { own::SPAN } else { own::EVENT }
}

/// `telemetry::shop::endpoint`, for the events `shop.endpoint.…` and the span `shop.endpoint`.
///
/// With `::`, because that is how the directives of filters are taken apart.
fn target_of(place: Place) -> String {
    let prefix = match place.name.rsplit_once('.') {
        _ if place.is_span => place.name,
        Some((prefix, _)) => prefix,
        None => "",
    };
    std::iter::once("telemetry")
        .chain(prefix.split('.').filter(|segment| !segment.is_empty()))
        .collect::<Vec<_>>()
        .join("::")
}

/// A name for a field that no other has: the key, or else the key and what it is.
fn free_name(taken: &[&'static str], source: Source) -> &'static str {
    let key = source.key;
    let is_free = |name: &str| !taken.contains(&name);
    if source.of != Of::Nanoseconds && is_free(key) {
        return key;
    }
    let (kind, unit) = match source.of {
        Of::Measurement => ("measurement", ""),
        Of::Nanoseconds => ("measurement", "_ns"),
        Of::Metadata => ("metadata", ""),
    };
    let mut name = format!("{key}{unit}");
    if !is_free(&name) {
        name = format!("{kind}.{key}{unit}");
    }
    while !is_free(&name) {
        name.push('_');
    }
    String::leak(name)
}

#[cfg(test)]
mod tests {
    use tracing_core::Callsite as _;

    use super::*;

    fn place(name: &'static str, is_span: bool) -> Place {
        Place {
            name,
            target: None,
            level: Level::DEBUG,
            is_span,
        }
    }

    #[test]
    fn the_target_is_the_name_without_its_last_segment() {
        assert_eq!(
            target_of(place("shop.cart.emptied", false)),
            "telemetry::shop::cart"
        );
        assert_eq!(target_of(place("shop.cart", true)), "telemetry::shop::cart");
        assert_eq!(target_of(place("emptied", false)), "telemetry");
    }

    #[test]
    fn no_two_fields_have_one_name() {
        let source = |of, key| Source { of, key };
        let callsite = Callsite::leak(
            place("callsite.test", false),
            vec![
                source(Of::Measurement, "kind"),
                source(Of::Metadata, "kind"),
                source(Of::Metadata, "message"),
                source(Of::Metadata, "metadata.message"),
                source(Of::Metadata, "took_ns"),
                source(Of::Measurement, "took"),
                source(Of::Nanoseconds, "took"),
            ],
        );
        let names: Vec<_> = callsite
            .metadata()
            .fields()
            .iter()
            .map(|field| field.name())
            .collect();
        assert_eq!(
            names,
            [
                "message",
                "kind",
                "metadata.kind",
                "metadata.message",
                "metadata.metadata.message",
                "took_ns",
                "took",
                "measurement.took_ns",
            ]
        );
        assert_eq!(
            callsite.position(source(Of::Measurement, "took"), 0),
            Some(6)
        );
        assert_eq!(callsite.position(source(Of::Metadata, "took"), 5), None);
    }

    #[test]
    fn a_callsite_is_its_metadatas_callsite() {
        let one = Callsite::leak(place("callsite.test.one", true), Vec::new());
        let other = Callsite::leak(place("callsite.test.one", true), Vec::new());
        assert!(one.metadata().is_span());
        assert_eq!(
            one.metadata().callsite(),
            one.metadata().fields().field("outcome").unwrap().callsite()
        );
        assert_ne!(one.metadata().callsite(), other.metadata().callsite());
        assert_eq!(
            one.metadata().callsite().0.metadata().name(),
            "callsite.test.one"
        );
        assert_eq!(one.registered.metadata().name(), "callsite.test.one");
    }
}
