//! [`CallsiteInfo`]: what the program's text says at one place that emits.

use std::fmt;

use crate::{EventKind, name};

/// One place in the program that emits an event, as the catalogue lists it.
///
/// A [`span!`](crate::span!) is three of them, one for each of its events.
pub struct CallsiteInfo {
    pub(crate) name: &'static str,
    pub(crate) kind: EventKind,
    pub(crate) keys: Keys<'static>,
    module: &'static str,
    file: &'static str,
    line: u32,
}

/// The keys of an event. Its values stand in slices of their own, in the same order: the keys of a
/// callsite are a static, so only the values are built when it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys<'a> {
    pub(crate) measurements: &'a [&'static str],
    pub(crate) metadata: &'a [&'static str],
    pub(crate) base: Base,
}

/// Which list of keys, there for as long as the program runs, these begin with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Base {
    /// None: they were put together for one event.
    Nothing,
    /// They are such a list themselves.
    Itself,
    /// What is added stands behind.
    Of(&'static Keys<'static>),
}

impl<'k> Keys<'k> {
    /// Those of them that stand at the same positions in all events of the layout.
    pub(crate) fn lasting(&self) -> &Keys<'k> {
        match self.base {
            Base::Of(keys) => keys,
            Base::Itself | Base::Nothing => self,
        }
    }
}

impl CallsiteInfo {
    /// What the macros make, while compiling: a key that is empty or stands twice stops the build.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        kind: EventKind,
        measurement_keys: &'static [&'static str],
        metadata_keys: &'static [&'static str],
        (module, file, line): (&'static str, &'static str, u32),
    ) -> Self {
        check_keys(measurement_keys);
        check_keys(metadata_keys);
        if matches!(kind, EventKind::SpanStart) {
            check_free_of_outcome(metadata_keys);
        }
        Self {
            name,
            kind,
            keys: Keys {
                measurements: measurement_keys,
                metadata: metadata_keys,
                base: Base::Itself,
            },
            module,
            file,
            line,
        }
    }

    /// As [`new`](Self::new), where the name, or its beginning, is chosen at run time: `name` is
    /// `*`, or `*.` and what every such name ends with.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_runtime_name(
        name: &'static str,
        kind: EventKind,
        measurement_keys: &'static [&'static str],
        metadata_keys: &'static [&'static str],
        place: (&'static str, &'static str, u32),
    ) -> Self {
        name::assert_runtime_pattern(name);
        Self::new(name, kind, measurement_keys, metadata_keys, place)
    }

    /// The event's name, `shop.endpoint.stop`; `*` or `*.stop` where all of it or its beginning is
    /// chosen at run time.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether an event of this name may come from here.
    ///
    /// ```
    /// # #[cfg(feature = "catalogue")] {
    /// telemetry::span!("info.matches.shop").finish();
    /// assert!(telemetry::catalogue().any(|callsite| callsite.may_emit("info.matches.shop.stop")));
    /// # }
    /// ```
    #[must_use]
    pub fn may_emit(&self, event: &str) -> bool {
        match self.name.strip_prefix('*') {
            None => self.name == event,
            Some(suffix) => event.len() > suffix.len() && event.ends_with(suffix),
        }
    }

    /// What kind of event it emits.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// The measurements that are written here or that the span itself adds.
    #[must_use]
    pub const fn measurement_keys(&self) -> &'static [&'static str] {
        self.keys.measurements
    }

    /// The metadata that is written here or that the span itself adds, each key once: a `kind` or a
    /// `reason` that is written here is at the end the span's own, if it has one then.
    pub fn metadata_keys(&self) -> impl Iterator<Item = &'static str> + use<> {
        let written = self.keys.metadata;
        // `outcome` is among the keys of a span's end, which almost always has just that.
        let own: &[&str] = match self.kind {
            EventKind::Event | EventKind::SpanStart => &[],
            EventKind::SpanStop => &["reason"],
            EventKind::SpanException | EventKind::SpanComplete => &["kind", "reason"],
        };
        let added = own.iter().filter(move |key| !written.contains(key));
        written.iter().chain(added).copied()
    }

    /// Whether its events may carry more than is listed: the end of a span has what
    /// [`Span::measure`](crate::Span::measure) and [`Span::set`](crate::Span::set) added.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.kind.is_span_end()
    }

    /// The path of the module, `shop::checkout`.
    #[must_use]
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// The source file, as the compiler was given it.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// The line in the source file.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }
}

impl fmt::Debug for CallsiteInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallsiteInfo")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("measurement_keys", &self.keys.measurements)
            .field("metadata_keys", &self.keys.metadata)
            .field("at", &format_args!("{}:{}", self.file, self.line))
            .finish_non_exhaustive()
    }
}

const fn check_keys(keys: &[&str]) {
    let mut at = 0;
    while at < keys.len() {
        assert!(!keys[at].is_empty(), "a key of an event is empty");
        let mut other = at + 1;
        while other < keys.len() {
            assert!(
                !same(keys[at], keys[other]),
                "a key stands twice in the same braces"
            );
            other += 1;
        }
        at += 1;
    }
}

const fn check_free_of_outcome(keys: &[&str]) {
    let mut at = 0;
    while at < keys.len() {
        assert!(
            !same(keys[at], "outcome"),
            "`outcome` is what the span itself says about its end; use another key"
        );
        at += 1;
    }
}

/// `==`, which is not `const`.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A key written as an identifier: `r#type` means `type`.
#[must_use]
pub const fn key(written: &'static str) -> &'static str {
    let [b'r', b'#', rest @ ..] = written.as_bytes() else {
        return written;
    };
    match std::str::from_utf8(rest) {
        Ok(key) => key,
        Err(_) => panic!("cutting two ASCII bytes off a text leaves a text"),
    }
}
