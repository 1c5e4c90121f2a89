//! Where we answer differently on purpose. All of it.

use telemetry_vectors::{Means, Rule};

/// A rule's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Order,
    Absent,
    Texts,
    Floats,
    Terms,
    Escapes,
    Names,
    Kept,
    Fractions,
    Down,
    Arithmetic,
    Summaries,
    Ranges,
    DefaultBounds,
    Bounds,
    Labels,
    SameName,
    Options,
    Unwritable,
    NoValue,
}

const fn rule(
    id: By,
    property: &'static str,
    reason: &'static str,
    promise: &'static str,
) -> Rule<By> {
    Rule {
        id,
        means: Means::Differs,
        property,
        reason,
        promise,
    }
}

pub(super) const RULES: [Rule<By>; 20] = [
    rule(
        By::Order,
        "several families",
        "people read them",
        "the order of the definitions, and not its reverse",
    ),
    rule(
        By::Absent,
        "a tag that is missing, nil or empty",
        "the three are the same, and lose no event",
        "a series without that label; it is counted",
    ),
    rule(
        By::Texts,
        "keys or tags of different types and the same text",
        "keys are text, and a series is what its text says",
        "the tag or measurement of that name, and one series",
    ),
    rule(
        By::Floats,
        "a float as a tag value that the BEAM prints with an exponent",
        "floats print as everywhere else in the program",
        "the text that Rust prints",
    ),
    rule(
        By::Terms,
        "a list, tuple or map as a tag value",
        "every value has a text, and no event costs a series or the whole scrape",
        "printed as what it is",
    ),
    rule(
        By::Escapes,
        "a backslash or line end in a tag value or description",
        "the format asks for it",
        "escaped",
    ),
    rule(
        By::Names,
        "a name or key that begins with other than a letter, or has other characters than \
         letters, digits, `_` and dots between",
        "names lose nothing: what is valid stays, a digit gets a `_` in front, and `-` becomes one",
        "that name; refused if it is none of ours",
    ),
    rule(
        By::Kept,
        "what makes the original's handler raise: a function that raises, takes another number of \
         arguments or stands for tags, a conversion of what is no number, a key that is no atom",
        "data cannot make a metric fail for good",
        "nobody is detached; what cannot be counted is left out, and the rest is counted",
    ),
    rule(
        By::Fractions,
        "a sum of a float",
        "sums take fractions",
        "added, where the original detaches its handler",
    ),
    rule(
        By::Down,
        "a number below zero for a sum that is a counter",
        "counters only grow",
        "skipped and counted",
    ),
    rule(
        By::Arithmetic,
        "a unit that is converted, or a sum of floats",
        "300 ms are 0.3 s: time and bytes are stored whole, and divided; floats are added as they \
         come",
        "the quotient, and the bucket of it",
    ),
    rule(
        By::Summaries,
        "a summary",
        "it is supported",
        "`_sum`, `_count`, and quantiles of what was measured",
    ),
    rule(
        By::Ranges,
        "bounds that are given as a range",
        "there it is checked and then does not work",
        "it starts, with `buckets::linear`",
    ),
    rule(
        By::DefaultBounds,
        "a distribution of time or bytes without bounds",
        "there are good ones",
        "it starts",
    ),
    rule(
        By::Bounds,
        "a bound that stands twice",
        "a bucket would be two series of one name",
        "refused",
    ),
    rule(
        By::Labels,
        "a tag whose label is another's, or says something already: `le`, `quantile`, `__..`",
        "a label that stands twice costs the whole scrape",
        "refused",
    ),
    rule(
        By::SameName,
        "two definitions whose samples have one name",
        "no definition is dropped silently",
        "refused",
    ),
    rule(
        By::Options,
        "an option that is not known, or of another kind of metric",
        "a typo",
        "refused",
    ),
    Rule {
        id: By::Unwritable,
        means: Means::NotApplicable,
        property: "bounds that are no numbers, and the like",
        reason: "options are methods with typed arguments",
        promise: "nothing: it would not compile",
    },
    Rule {
        id: By::NoValue,
        means: Means::NotApplicable,
        property: "the id of a process, or the like, in an event",
        reason: "there is no such value",
        promise: "nothing: it cannot be written",
    },
];
