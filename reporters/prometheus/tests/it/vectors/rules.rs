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

pub(super) const RULES: [Rule<By>; 20] = [
    Rule::differs(
        By::Order,
        "several families",
        "people read them",
        "the order of the definitions, and not its reverse",
    ),
    Rule::differs(
        By::Absent,
        "a tag that is missing, nil or empty",
        "the three are the same, and lose no event",
        "a series without that label; it is counted",
    ),
    Rule::differs(
        By::Texts,
        "keys or tags of different types and the same text",
        "keys are text, and a series is what its text says",
        "the tag or measurement of that name, and one series",
    ),
    Rule::differs(
        By::Floats,
        "a float as a tag value that the BEAM prints with an exponent",
        "floats print as everywhere else in the program",
        "the text that Rust prints",
    ),
    Rule::differs(
        By::Terms,
        "a list, tuple or map as a tag value",
        "every value has a text, and no event costs a series or the whole scrape",
        "printed as what it is",
    ),
    Rule::differs(
        By::Escapes,
        "a backslash or line end in a tag value or description",
        "the format asks for it",
        "escaped",
    ),
    Rule::differs(
        By::Names,
        "a name or key that begins with other than a letter, or has other characters than \
         letters, digits, `_` and dots between",
        "names lose nothing: what is valid stays, a digit gets a `_` in front, and `-` becomes one",
        "that name; refused if it is none of ours",
    ),
    Rule::differs(
        By::Kept,
        "what makes the original's handler raise: a function that raises, takes another number of \
         arguments or stands for tags, a conversion of what is no number, a key that is no atom",
        "data cannot make a metric fail for good",
        "nobody is detached; what cannot be counted is left out, and the rest is counted",
    ),
    Rule::differs(
        By::Fractions,
        "a sum of a float",
        "sums take fractions",
        "added, where the original detaches its handler",
    ),
    Rule::differs(
        By::Down,
        "a number below zero for a sum that is a counter",
        "counters only grow",
        "skipped and counted",
    ),
    Rule::differs(
        By::Arithmetic,
        "a unit that is converted, or a sum of floats",
        "300 ms are 0.3 s: time and bytes are stored whole, and divided; floats are added as they \
         come",
        "the quotient, and the bucket of it",
    ),
    Rule::differs(
        By::Summaries,
        "a summary",
        "it is supported",
        "`_sum`, `_count`, and quantiles of what was measured",
    ),
    Rule::differs(
        By::Ranges,
        "bounds that are given as a range",
        "there it is checked and then does not work",
        "it starts, with `buckets::linear`",
    ),
    Rule::differs(
        By::DefaultBounds,
        "a distribution of time or bytes without bounds",
        "there are good ones",
        "it starts",
    ),
    Rule::differs(
        By::Bounds,
        "a bound that stands twice",
        "a bucket would be two series of one name",
        "refused",
    ),
    Rule::differs(
        By::Labels,
        "a tag whose label is another's, or says something already: `le`, `quantile`, `__..`",
        "a label that stands twice costs the whole scrape",
        "refused",
    ),
    Rule::differs(
        By::SameName,
        "two definitions whose samples have one name",
        "no definition is dropped silently",
        "refused",
    ),
    Rule::differs(
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
