//! Cases that are not answered as the original answers them, and why.

/// What is asserted in place of what the original did.
pub(crate) enum Instead {
    /// The lines of the one datagram that is sent after each event; without lines, none is.
    Sends(&'static [&'static [&'static str]]),
    /// It does not start, with these words.
    Refused(&'static str),
    /// There is nothing to run.
    NotHere,
}

use Instead::{NotHere, Refused, Sends};

const FRACTIONS: &str = "fractions are kept";
const RESERVED: &str = "what could be read as punctuation is replaced";
const ABSENT: &str = "an absent tag and an empty one are the same, and lose no event";
const CONSTANT: &str = "a constant tag is for all series, so no definition has one of that name";
const SAMPLING: &str = "deltas need no sampling: counters are exact, timers are thinned by count";
const SMALL_MTU: &str = "so small an MTU is a mistake; packing to the byte is tested in `pack`";
const KEPT: &str = "data cannot make a metric fail for good";

pub(crate) const DIFFERENT: &[(&str, &str, Instead)] = &[
    (
        "std-009",
        FRACTIONS,
        Sends(&[&["http.request.payload_size:+0.4|g"]]),
    ),
    (
        "std-010",
        FRACTIONS,
        Sends(&[&["http.request.payload_size:+0.5|g"]]),
    ),
    (
        "std-012",
        "a step is never sent without its sign, which would set the gauge",
        Sends(&[&["http.request.payload_size:-0.4|g"]]),
    ),
    (
        "std-013",
        FRACTIONS,
        Sends(&[&["http.request.payload_size:+2.5|g"]]),
    ),
    (
        "std-016",
        "a negative number is skipped and counted where only growth can be; no empty datagram",
        Sends(&[&[]]),
    ),
    (
        "std-018",
        FRACTIONS,
        Sends(&[&["kafka.consume.batch_size:1.6|c"]]),
    ),
    (
        "std-019",
        "a value that `report_as` does not have is a typo",
        Refused("cannot be reported as `count`"),
    ),
    (
        "std-021",
        "a signed gauge is a step, so a value below zero is a step down from zero",
        Sends(&[&["vm.memory.total:0|g", "vm.memory.total:-18|g"]]),
    ),
    ("std-022", FRACTIONS, Sends(&[&["vm.memory.total:131.4|g"]])),
    (
        "std-024",
        "as std-021, and fractions are kept",
        Sends(&[&["vm.memory.total:0|g", "vm.memory.total:-1.5|g"]]),
    ),
    (
        "std-028",
        FRACTIONS,
        Sends(&[&["http.request.duration:0.3|ms"]]),
    ),
    (
        "std-031",
        FRACTIONS,
        Sends(&[&["http.request.duration:0.5|ms"]]),
    ),
    (
        "std-033",
        "names have a grammar, which the aggregator checks",
        Refused("`my.me|tric:x.count`: the name is not one"),
    ),
    ("std-036", FRACTIONS, Sends(&[&["vm.memory.total:76.5|g"]])),
    (
        "std-042",
        ABSENT,
        Sends(&[&["http.request.count.GET.none:1|c"]]),
    ),
    (
        "std-043",
        ABSENT,
        Sends(&[&["http.request.count.GET.none:1|c"]]),
    ),
    (
        "std-046",
        "a dot in a tag value makes no further segment",
        Sends(&[&["http.request.count.1_5:1|c"]]),
    ),
    (
        "std-051",
        "as std-046",
        Sends(&[&["http.request.count.example_com:1|c"]]),
    ),
    (
        "std-052",
        RESERVED,
        Sends(&[&["http.request.count.a_b_c_d_e:1|c"]]),
    ),
    (
        "std-055",
        KEPT,
        Sends(&[
            &["http.request.count.{\"a\"_1}:1|c"],
            &["http.request.count.fine:1|c"],
        ]),
    ),
    (
        "std-058",
        "a list is printed as one",
        Sends(&[&["http.request.count.[65,_66]:1|c"]]),
    ),
    (
        "std-060",
        "the same tag twice is a typo",
        Refused("the tag `method` is listed twice"),
    ),
    (
        "std-064",
        "tags are a list; what is computed is so by `tag_values`",
        NotHere,
    ),
    (
        "std-072",
        CONSTANT,
        Refused("the tag `host` is also a constant tag"),
    ),
    (
        "std-074",
        CONSTANT,
        Refused("the tag `host` is also a constant tag"),
    ),
    (
        "std-075",
        CONSTANT,
        Refused("the tag `host` is also a constant tag"),
    ),
    (
        "std-082",
        "an empty prefix is none",
        Sends(&[&["http.request.count:1|c"]]),
    ),
    ("std-092", SMALL_MTU, Refused("the MTU is 15 bytes")),
    ("std-093", SMALL_MTU, Refused("the MTU is 14 bytes")),
    ("std-095", SMALL_MTU, Refused("the MTU is 10 bytes")),
    (
        "std-096",
        "as std-043, and there are no empty lines",
        Sends(&[&["http.request.count.none:1|c", "http.request.total:1|c"]]),
    ),
    // Nanoseconds, which are native there.
    (
        "std-113",
        KEPT,
        Sends(&[&[], &["http.request.duration:0.000005|ms"]]),
    ),
    (
        "std-120",
        SAMPLING,
        Refused("no reporter knows the option `sampling_rate`"),
    ),
    (
        "std-121",
        SAMPLING,
        Refused("no reporter knows the option `sampling_rate`"),
    ),
    (
        "std-123",
        SAMPLING,
        Refused("no reporter knows the option `sampling_rate`"),
    ),
    (
        "std-124",
        SAMPLING,
        Refused("no reporter knows the option `sampling_rate`"),
    ),
    (
        "std-126",
        SAMPLING,
        Refused("no reporter knows the option `sampling_rate`"),
    ),
    (
        "std-127",
        SAMPLING,
        Refused("no reporter knows the option `sampling_rate`"),
    ),
    (
        "std-129",
        SAMPLING,
        Refused("no reporter knows the option `sampling_rate`"),
    ),
    (
        "dd-022",
        ABSENT,
        Sends(&[&["my.awesome.metric:131|g|#status:200"]]),
    ),
    (
        "dd-023",
        ABSENT,
        Sends(&[&["http.request.count:1|c|#method:GET"]]),
    ),
    (
        "dd-025",
        "a tuple is printed as one",
        Sends(&[&["my.awesome.metric:131|g|#method:GET,status:(ok__200)"]]),
    ),
    (
        "dd-026",
        "there are no process ids to be had as values",
        NotHere,
    ),
    (
        "dd-028",
        KEPT,
        Sends(&[
            &["my.awesome.metric:131|g|#ids:[a]"],
            &["my.awesome.metric:131|g|#ids:ok"],
        ]),
    ),
    (
        "dd-029",
        "all keys are strings",
        Sends(&[
            &["http.request.count:1|c|#method:GET"],
            &["http.request.count:1|c|#method:GET"],
        ]),
    ),
    (
        "dd-031",
        RESERVED,
        Sends(&[&["http.request.count:1|c|#q:http_//x"]]),
    ),
    (
        "dd-040",
        SAMPLING,
        Refused("no reporter knows the option `sampling_rate`"),
    ),
    (
        "dd-042",
        CONSTANT,
        Refused("the tag `env` is also a constant tag"),
    ),
    (
        "dd-046",
        "a line that is too long is dropped and counted, and no other",
        Sends(&[&[], &["http.request.count:1|c|#url:short"]]),
    ),
    (
        "start-001",
        "a format that is none does not compile",
        NotHere,
    ),
    (
        "start-002",
        "an option that is none does not compile",
        NotHere,
    ),
    (
        "start-004",
        "an address is `host:port`",
        Refused("`1.2.3:8125` is not an address"),
    ),
    (
        "start-005",
        "Unix sockets are not there yet; a path of another type would not compile",
        NotHere,
    ),
    (
        "start-007",
        "the address says of which family it is",
        NotHere,
    ),
    ("start-008", SMALL_MTU, Refused("the MTU is 0 bytes")),
];
