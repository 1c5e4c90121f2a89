//! Numbers and verdicts, as text.

use crate::stats::Times;

/// Whether everything promised of one row holds.
#[derive(Default)]
pub struct Verdict {
    kept: usize,
    broken: usize,
}

impl Verdict {
    /// Compares each of the values with what was promised, if anything was.
    pub fn judge(&mut self, most: Option<f64>, values: &[f64]) {
        for value in values {
            match most {
                Some(most) if *value <= most => self.kept += 1,
                Some(_) => self.broken += 1,
                None => {}
            }
        }
    }

    /// Nothing if nothing was promised.
    pub fn text(&self) -> String {
        match (self.kept, self.broken) {
            (0, 0) => String::new(),
            (_, 0) => "kept".to_owned(),
            (0, _) => "**missed**".to_owned(),
            (kept, broken) => format!("**missed** {broken} of {}", kept + broken),
        }
    }
}

/// What was promised.
pub fn bracket(most: Option<f64>) -> String {
    most.map_or(String::new(), |most| format!(" [{most}]"))
}

/// Median and minimum.
pub fn nanos(times: Option<Times>) -> String {
    times.map_or("–".to_owned(), |t| {
        format!("{} ({})", number(Some(t.median)), number(Some(t.minimum)))
    })
}

/// Three figures that mean something.
pub fn number(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(n) if n < 1.0 => format!("{n:.2}"),
        Some(n) if n < 100.0 && n.fract() > 0.05 => format!("{n:.1}"),
        Some(n) => format!("{n:.0}"),
    }
}
