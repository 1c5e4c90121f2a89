//! Where we answer differently on purpose. All of it.

use telemetry_vectors::{Means, Rule};

/// A rule's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Fractions,
    Zero,
    Down,
    NegativeGauge,
    Arithmetic,
    Absent,
    Dots,
    Reserved,
    Terms,
    Floats,
    Texts,
    Kept,
    ConstantTags,
    EmptyPrefix,
    Names,
    SameTag,
    SameName,
    Options,
    SmallMtu,
    NoValue,
    Unwritable,
}

pub(super) const RULES: [Rule<By>; 21] = [
    Rule::differs(
        By::Fractions,
        "a number that is not whole, for a plain daemon",
        "rounded, a query of 300 µs is `0|ms`, and a sum of many 0.4 never moves",
        "the number as it is; a step always with its sign",
    ),
    Rule::differs(
        By::Zero,
        "a sum to which nothing was added",
        "it tells a daemon nothing",
        "no line",
    ),
    Rule::differs(
        By::Down,
        "a number below zero for a sum that is reported as a counter",
        "counters only grow",
        "no line, and no empty datagram; it is counted",
    ),
    Rule::differs(
        By::NegativeGauge,
        "a last value below zero, for a plain daemon",
        "with a sign it would be a step, not a value",
        "`0|g` and the step down from there, in one datagram",
    ),
    Rule::differs(
        By::Arithmetic,
        "a unit that is converted",
        "time and bytes are stored whole, and divided: 1001 ms are 1.001 s",
        "the quotient",
    ),
    Rule::differs(
        By::Absent,
        "a tag that is missing, nil or empty",
        "the three are the same, and lose no event",
        "`none` in a name, and no tag for Datadog",
    ),
    Rule::differs(
        By::Dots,
        "a dot in a tag value that stands in the name",
        "one tag is one segment",
        "`_`",
    ),
    Rule::differs(
        By::Reserved,
        "a tag value with characters that are punctuation of a line",
        "data must not be read as another line, value or tag",
        "`_`",
    ),
    Rule::differs(
        By::Terms,
        "a list, tuple or map as a tag value",
        "a list of numbers is no text, and nothing is unprocessable",
        "printed as what it is",
    ),
    Rule::differs(
        By::Floats,
        "a float as a tag value that the BEAM prints with an exponent",
        "floats print as everywhere else in the program",
        "the text that Rust prints",
    ),
    Rule::differs(
        By::Texts,
        "a key that is an atom in the definition and a text in the event, or the other way round",
        "all keys are text",
        "the tag or measurement of that name",
    ),
    Rule::differs(
        By::Kept,
        "what makes the original's handler raise: a term without a text, a function that raises \
         or takes another number of arguments, a conversion of what is no number, a line that is \
         too long, a key that is no atom",
        "data cannot make a metric fail for good, nor its neighbours at all",
        "nobody is detached; what cannot be counted is left out alone, and the rest is sent",
    ),
    Rule::differs(
        By::ConstantTags,
        "a global tag",
        "it is for all series: no definition lists it, and Datadog gets it with each line",
        "refused where a definition has a tag of that name; else at the end of Datadog's lines",
    ),
    Rule::differs(
        By::EmptyPrefix,
        "a prefix that is empty",
        "it is none",
        "no dot in front",
    ),
    Rule::differs(
        By::Names,
        "a name or prefix with other characters than letters, digits, `_`, `-` and dots between",
        "all reporters can show the same names",
        "refused",
    ),
    Rule::differs(
        By::SameTag,
        "a tag that is listed twice",
        "a typo",
        "refused",
    ),
    Rule::differs(
        By::SameName,
        "two definitions of one name",
        "a daemon would add up what does not belong together",
        "refused",
    ),
    Rule::differs(
        By::Options,
        "an option that is not known, such as `sampling_rate`, or a value of `report_as` that is \
         none",
        "deltas need no sampling: counters are exact, timers are thinned by count",
        "refused",
    ),
    Rule::differs(
        By::SmallMtu,
        "an MTU below 64 bytes, or above what a datagram holds",
        "a mistake",
        "refused; packing to the byte is tested where lines are packed",
    ),
    Rule {
        id: By::NoValue,
        means: Means::NotApplicable,
        property: "the id of a process, or the like, in an event",
        reason: "there is no such value",
        promise: "nothing: it cannot be written",
    },
    Rule {
        id: By::Unwritable,
        means: Means::NotApplicable,
        property: "a setting that there is not, or with a value of another type",
        reason: "settings are methods with typed arguments",
        promise: "nothing: it would not compile",
    },
];
