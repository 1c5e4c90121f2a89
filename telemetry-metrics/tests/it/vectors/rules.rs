//! Where we understand a definition differently on purpose. All of it.

use telemetry_vectors::{Means, Rule};

/// A rule's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Unwritable,
    Names,
    Texts,
    SameTag,
    TagsFunction,
    Listed,
    EmptyDescription,
    Units,
    Divided,
    Whole,
    Limit,
    Time,
    Typed,
}

pub(super) const RULES: [Rule<By>; 13] = [
    Rule {
        id: By::Unwritable,
        means: Means::NotApplicable,
        property: "an option that there is not, or a value of another type: nil, a number as a \
                   name, a text as a unit, a function of another number of arguments",
        reason: "options are methods with typed arguments",
        promise: "nothing: it would not compile",
    },
    Rule::differs(
        By::Names,
        "a name, event or key that is empty in a part, or has other characters than ASCII \
         letters, digits, `_` and `-`",
        "all reporters can show the same names",
        "refused when starting",
    ),
    Rule::differs(
        By::Texts,
        "a name of atoms and texts, or of an atom with dots",
        "it is one text here",
        "the definition",
    ),
    Rule::differs(
        By::SameTag,
        "a tag that is listed twice",
        "a typo",
        "refused when starting",
    ),
    Rule::differs(
        By::TagsFunction,
        "a function of tags that takes some keys",
        "the keys of a definition are fixed, so that its series have one shape",
        "the list of these keys",
    ),
    Rule::differs(
        By::Listed,
        "a function that computes tags which are not listed",
        "as metadata that is no tag, it is nobody's",
        "only tags that are listed",
    ),
    Rule::differs(
        By::EmptyDescription,
        "a description without text",
        "a family's HELP is never empty",
        "none",
    ),
    Rule::differs(
        By::Units,
        "a conversion between units of one dimension that the original does not know",
        "there is more than milliseconds and megabytes: minutes, gigabytes",
        "the definition",
    ),
    Rule::differs(
        By::Divided,
        "a number in a larger unit than it was measured in",
        "0.3 s, not 0.30000000000000004",
        "the quotient by an integer",
    ),
    Rule::differs(
        By::Whole,
        "a number with a fraction of a nanosecond or byte",
        "both are stored as integers",
        "the nearest integer of them, half away from zero",
    ),
    Rule::differs(
        By::Limit,
        "more nanoseconds or bytes than an `i64` holds",
        "two hundred years, eight exabytes",
        "skipped, and counted as too large",
    ),
    Rule::differs(
        By::Time,
        "a measurement called `duration`, or ending in `_time` or `_duration`, without a unit",
        "it is time, and time comes as a `Duration`",
        "seconds; a bare number is skipped and counted",
    ),
    Rule::differs(
        By::Typed,
        "a measurement that is not a number, or a predicate of something that is absent or no \
         truth",
        "measurements are numbers and predicates are bools by type",
        "skipped and counted as missing; what is absent is not larger than a number",
    ),
];
