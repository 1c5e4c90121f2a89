//! Pairs of units: what a number of the one is in the other.

use telemetry::EventName;
use telemetry_metrics::{Dimension, Skip, Unit, last_value, summary};
use telemetry_vectors::num::{Num, Units, unit};
use telemetry_vectors::term::Strange;
use telemetry_vectors::{Answer, Holds, Json, number};

use super::given::Given;
use super::rules::By;
use crate::support::{amount_of, skipped, start_unchecked, summary_of};

/// A pair of units.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Conversion {
    dimension: String,
    ratio: f64,
    /// Whether the ratio is another than one.
    converts: bool,
    /// What is measured, and what is shown.
    samples: Vec<(f64, Option<f64>)>,
}

pub(super) fn is_one(case: &Json) -> bool {
    case.get("samples").is_some()
}

/// Whether a number is written as an integer; those beyond 64 bits cannot be told.
pub(super) fn is_integer(json: &Json) -> bool {
    let large = |number: f64| number.abs() >= 9.2e18;
    json.is_i64() || json.is_u64() || json.as_f64().is_some_and(large)
}

pub(super) fn expected(case: &Json) -> Result<Answer<Given>, String> {
    let typed = |json: &Json, of: &str| {
        let number = json[of].as_f64()?;
        let is_so = match json[format!("{of}_type")].as_str()? {
            "integer" => is_integer(&json[of]),
            "float" => json[of].is_f64(),
            _ => false,
        };
        is_so.then_some(number)
    };
    let conversion = || {
        let samples = case["samples"].as_array()?.iter();
        Some(Conversion {
            dimension: case["kind"].as_str()?.to_owned(),
            ratio: typed(case, "ratio")?,
            converts: case["wrapped"].as_bool()?,
            samples: samples
                .map(|sample| Some((typed(sample, "in")?, Some(typed(sample, "out")?))))
                .collect::<Option<_>>()?,
        })
    };
    let conversion = conversion().ok_or("the expectation is not whole")?;
    Ok(Answer::Gives(Given::Conversion(conversion)))
}

fn pair(case: &Json) -> Result<(Unit, Unit), Strange> {
    let [from, to] = ["from", "to"].map(|of| case[of].as_str().ok_or(Strange::NotHere));
    Ok((unit(from?), unit(to?)))
}

/// A number as it is shown, by the rules that hold.
pub(super) fn shown(units: Units, measured: Num, holds: Holds<By>) -> Option<f64> {
    let Units::Pair(from, to) = units else {
        return Some(measured.as_f64());
    };
    if from.dimension() == Dimension::None {
        return Some(measured.as_f64());
    }
    let stored = units.stored(measured);
    if holds.has(By::Limit) && stored.is_none() {
        return None;
    }
    let base = measured.as_f64() * from.factor() as f64;
    let has_part = base.fract() != 0.0 && holds.has(By::Whole);
    let whole = stored.filter(|_| has_part).map(|stored| stored as f64);
    Some(match (holds.has(By::Divided), whole) {
        (true, Some(whole)) => whole / to.factor() as f64,
        (true, None) if stored.is_some() && base.fract() == 0.0 => units.ours(measured)?,
        (true, None) => base / to.factor() as f64,
        (false, Some(whole)) => whole / from.factor() as f64 * units.ratio().as_f64(),
        (false, None) => measured.times(units.ratio()).as_f64(),
    })
}

pub(super) fn predicted(case: &Json, holds: Holds<By>) -> Result<Answer<Given>, Strange> {
    let (from, to) = pair(case)?;
    let units = Units::Pair(from, to);
    let samples = case["samples"].as_array().into_iter().flatten();
    let sample = |sample: &Json| {
        let measured = Num::of(&sample["in"]).ok_or(Strange::NotHere)?;
        Ok((measured.as_f64(), shown(units, measured, holds)))
    };
    Ok(Answer::Gives(Given::Conversion(Conversion {
        dimension: dimension(from),
        ratio: units.ratio().as_f64(),
        converts: units.ratio() != Num::Int(1),
        samples: samples.map(sample).collect::<Result<_, Strange>>()?,
    })))
}

fn dimension(unit: Unit) -> String {
    match unit.dimension() {
        Dimension::Time => "time".into(),
        Dimension::Bytes => "byte".into(),
        other => format!("{other:?}"),
    }
}

pub(super) fn actual(case: &Json) -> Result<Answer<Given>, Strange> {
    let (from, to) = pair(case)?;
    const NAME: &str = "vectors.unit.n";
    let mut samples = Vec::new();
    for sample in case["samples"].as_array().into_iter().flatten() {
        let aggregator = start_unchecked([
            last_value(NAME).unit((from, to)),
            summary(NAME).unit((from, to)),
        ]);
        let measured = number(&sample["in"]).ok_or(Strange::NotHere)?;
        let event = EventName::new("vectors.unit").map_err(|_| Strange::NotHere)?;
        telemetry::emit(event, &[("n", measured)], &[]);
        let snapshot = aggregator.snapshot();
        let found = amount_of(snapshot.find(NAME, &[]));
        let given = sample["in"].as_f64().unwrap_or_default();
        let shown = found.map(|amount| amount.in_unit(to));
        if let Some(amount) = found {
            assert_eq!(summary_of(&snapshot, NAME).sum, amount);
        } else {
            assert_eq!(skipped(&snapshot, NAME, Skip::Overflow), 2, "{sample}");
        }
        samples.push((given, shown));
    }
    Ok(Answer::Gives(Given::Conversion(Conversion {
        dimension: dimension(from),
        ratio: from.factor() as f64 / to.factor() as f64,
        converts: from.factor() != to.factor(),
        samples,
    })))
}

pub(super) fn expectations(case: &Json) -> Vec<String> {
    let mut all: Vec<String> = ["ratio", "ratio_type", "wrapped", "kind"]
        .map(|what| format!("/{what}"))
        .into();
    let samples = case["samples"].as_array().map_or(0, Vec::len);
    for at in 0..samples {
        all.push(format!("/samples/{at}/out"));
        all.push(format!("/samples/{at}/out_type"));
    }
    all
}
