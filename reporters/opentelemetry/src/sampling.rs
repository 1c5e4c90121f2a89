//! [`Sampler`]: which spans are recorded.

use std::fmt;

use telemetry::{SpanContext, TraceShare};

/// Which spans are recorded, after the samplers of the OpenTelemetry SDK.
///
/// What is not recorded costs almost nothing. Metrics do not depend on it: they have all of it.
///
/// Whether a trace that begins in this process is sampled is settled where it begins, and every span
/// below inherits it, in other processes as well, by the `traceparent`. The reporter sets the share that
/// the sampler asks for, for the whole process, when it starts ([`telemetry::sample_new_traces`]).
///
/// ```
/// use telemetry_opentelemetry::Sampler;
///
/// // A tenth of the traces that begin here, and of the others those that their beginner wants.
/// let sampler = Sampler::parent_based(Sampler::Ratio(0.1));
/// assert_eq!(sampler.to_string(), "parentbased_traceidratio");
/// assert_ne!(sampler, Sampler::default());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Sampler {
    /// `always_on`: all spans, also those of traces that whoever began them does not want recorded.
    AlwaysOn,
    /// `always_off`: none.
    AlwaysOff,
    /// `traceidratio`: this share of all traces, from 0 to 1, chosen by the trace's id alone, so that all
    /// who sample by this rule choose the same. What is beyond counts as the nearest of them, NaN as 1.
    Ratio(f64),
    /// `parentbased_..`: a trace that began elsewhere as its beginner wants it, and of those that
    /// begin here as many as the sampler in it says.
    ParentBased(Box<Self>),
}

impl Sampler {
    /// [`ParentBased`](Self::ParentBased), without the box.
    #[must_use]
    pub fn parent_based(of_new: Self) -> Self {
        Self::ParentBased(Box::new(of_new))
    }

    /// The share of the traces beginning here that are to carry the mark of the sampled: what is handed
    /// to [`telemetry::sample_new_traces`].
    pub(crate) fn root_ratio(&self) -> f64 {
        match self {
            Self::AlwaysOn => 1.0,
            Self::AlwaysOff => 0.0,
            Self::Ratio(ratio) => *ratio,
            Self::ParentBased(of_new) => of_new.root_ratio(),
        }
    }

    /// What the environment says: `OTEL_TRACES_SAMPLER`, and `OTEL_TRACES_SAMPLER_ARG` if it is set and
    /// not empty.
    pub(crate) fn parse(name: &str, argument: Option<&str>) -> Result<Self, SamplerError> {
        let (name, is_parent_based) = match strip_prefix(name, "parentbased_") {
            Some(of_new) => (of_new, true),
            None => (name, false),
        };
        let is = |text: &str| name.eq_ignore_ascii_case(text);
        let sampler = if is("always_on") {
            Self::AlwaysOn
        } else if is("always_off") {
            Self::AlwaysOff
        } else if is("traceidratio") {
            Self::Ratio(argument.map_or(Ok(1.0), ratio)?)
        } else {
            return Err(SamplerError::Name);
        };
        Ok(match is_parent_based {
            true => Self::parent_based(sampler),
            false => sampler,
        })
    }

    pub(crate) fn decision(&self) -> Decision {
        match self {
            Self::AlwaysOn => Decision::All,
            Self::AlwaysOff => Decision::None,
            Self::Ratio(ratio) => Decision::Share(TraceShare::new(*ratio)),
            // Of the traces that begin here those are marked that `root_ratio` says.
            Self::ParentBased(_) => Decision::Marked,
        }
    }
}

/// `parentbased_always_on`, as the specification has it.
impl Default for Sampler {
    fn default() -> Self {
        Self::parent_based(Self::AlwaysOn)
    }
}

/// As `OTEL_TRACES_SAMPLER` names it.
impl fmt::Display for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlwaysOn => f.write_str("always_on"),
            Self::AlwaysOff => f.write_str("always_off"),
            Self::Ratio(_) => f.write_str("traceidratio"),
            Self::ParentBased(of_new) => match **of_new {
                // Twice is once.
                Self::ParentBased(_) => of_new.fmt(f),
                _ => write!(f, "parentbased_{of_new}"),
            },
        }
    }
}

/// What is wrong with a sampler of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SamplerError {
    /// With its name.
    Name,
    /// With its argument.
    Argument,
}

impl fmt::Display for SamplerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => {
                "is none of `always_on`, `always_off` and `traceidratio`, nor one of them after \
                 `parentbased_`"
            }
            Self::Argument => {
                "is no number from 0 to 1, which is the share of the traces to sample"
            }
        })
    }
}

fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (begin, rest) = text.split_at_checked(prefix.len())?;
    begin.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn ratio(text: &str) -> Result<f64, SamplerError> {
    let number: f64 = text.trim().parse().map_err(|_| SamplerError::Argument)?;
    // NaN is in no range.
    (0.0..=1.0)
        .contains(&number)
        .then_some(number)
        .ok_or(SamplerError::Argument)
}

/// A [`Sampler`] in few words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    All,
    None,
    /// Those of a share of all traces.
    Share(TraceShare),
    Marked,
}

impl Decision {
    #[inline]
    pub(crate) fn keeps(self, span: &SpanContext) -> bool {
        match self {
            Self::Marked => span.is_sampled(),
            Self::All => true,
            Self::None => false,
            Self::Share(share) => share.takes(span.trace_id()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use telemetry::{SpanId, TraceId};

    use super::*;

    /// How many values the lowest 56 bits of an id have, which decide.
    const RANGE: u64 = 1 << 56;

    fn context(trace: u128, sampled: bool) -> SpanContext {
        SpanContext::new(
            TraceId::new(trace).unwrap(),
            SpanId::new(1).unwrap(),
            sampled,
        )
    }

    #[test]
    fn the_names_are_those_of_the_specification() {
        let parse = |name, argument| Sampler::parse(name, argument).unwrap();
        for (name, sampler) in [
            ("always_on", Sampler::AlwaysOn),
            ("Always_OFF", Sampler::AlwaysOff),
            ("traceidratio", Sampler::Ratio(1.0)),
            ("parentbased_always_on", Sampler::default()),
            (
                "ParentBased_always_off",
                Sampler::parent_based(Sampler::AlwaysOff),
            ),
            (
                "parentbased_traceidratio",
                Sampler::parent_based(Sampler::Ratio(1.0)),
            ),
        ] {
            assert_eq!(parse(name, None), sampler);
            assert!(name.eq_ignore_ascii_case(&sampler.to_string()));
        }
        assert_eq!(parse("traceidratio", Some("0.25")), Sampler::Ratio(0.25));
        // Who takes no argument does not look at it.
        assert_eq!(parse("always_on", Some("what")), Sampler::AlwaysOn);
    }

    #[test]
    fn what_is_no_sampler_is_refused() {
        for name in [
            "",
            "jaeger_remote",
            "parentbased_",
            "parentbased_xray",
            "on",
            "ä",
            "parentbasedü_",
        ] {
            assert_eq!(
                Sampler::parse(name, None),
                Err(SamplerError::Name),
                "{name}"
            );
        }
        for argument in ["", "x", "-0.1", "1.1", "NaN", "inf", "10%"] {
            let parsed = Sampler::parse("parentbased_traceidratio", Some(argument));
            assert_eq!(parsed, Err(SamplerError::Argument), "{argument}");
        }
    }

    #[test]
    fn the_parent_decides_where_there_is_one() {
        let decision = Sampler::parent_based(Sampler::AlwaysOff).decision();
        assert!(decision.keeps(&context(1, true)) && !decision.keeps(&context(u128::MAX, false)));
        assert_eq!(Sampler::parent_based(Sampler::AlwaysOff).root_ratio(), 0.0);
        assert_eq!(Sampler::parent_based(Sampler::Ratio(0.5)).root_ratio(), 0.5);
        let (on, off) = (Sampler::AlwaysOn.decision(), Sampler::AlwaysOff.decision());
        assert!(on.keeps(&context(1, false)) && !off.keeps(&context(1, true)));
    }

    #[test]
    fn the_id_alone_decides_for_a_share() {
        let keeps = |ratio, low: u64, sampled| {
            let id = u128::MAX << 64 | u128::from(low);
            Sampler::Ratio(ratio)
                .decision()
                .keeps(&context(id, sampled))
        };
        for sampled in [false, true] {
            assert!(keeps(0.5, RANGE / 2, sampled) && !keeps(0.5, RANGE / 2 - 1, sampled));
            assert!(keeps(1.0, 0, sampled) && !keeps(0.0, RANGE - 1, sampled));
            assert!(keeps(f64::NAN, 0, sampled) && keeps(9.0, 0, sampled));
            assert!(!keeps(-9.0, u64::MAX, sampled));
        }
    }

    proptest! {
        #[test]
        fn a_larger_share_has_all_of_a_smaller_one(
            trace in 1..u128::MAX, one in 0.0..=1.0_f64, other in 0.0..=1.0_f64,
        ) {
            let (small, large) = (one.min(other), one.max(other));
            let keeps = |ratio| Sampler::Ratio(ratio).decision().keeps(&context(trace, false));
            prop_assert!(!keeps(small) || keeps(large));
        }
    }
}
