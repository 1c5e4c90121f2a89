//! The formats, written by hand. Nothing here does I/O or can fail.
//!
//! One string is appended to from front to back. What does not change between scrapes (heads, names,
//! label names, bounds) was made into text when the reporter was built; what does not change within
//! a series (its labels) is escaped once. A line is then a handful of copies and a number.

pub(crate) mod escape;
mod exemplar;
mod series;

use telemetry_metrics::history::Windows;
use telemetry_metrics::{self as metrics, OVERFLOW_TAG, Snapshot};

use crate::about::About;
use crate::face::label_number;
use crate::family::Family;
use crate::format::Format;
use crate::late::LateFamilies;
use crate::name::sanitise;
use series::SeriesWriter;

/// What is rendered of a snapshot, and how.
#[derive(Debug)]
pub(crate) struct Plan {
    /// In the order of a snapshot's families.
    families: Vec<Family>,
    /// Those that come after them in a snapshot.
    late: LateFamilies,
    /// What marks the overflow series, up to the quote that ends it.
    overflow_label: String,
    quantiles: Vec<Quantile>,
    options: Options,
    about: About,
}

/// A quantile that summaries show.
#[derive(Debug)]
struct Quantile {
    q: f64,
    /// In text: `quantile="0.5"} `.
    text: String,
    open: String,
}

/// What a builder may choose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// Whether OpenMetrics has `_created` samples.
    pub(crate) created: bool,
    /// Whether OpenMetrics has exemplars.
    pub(crate) exemplars: bool,
}

impl Plan {
    pub(crate) fn new(
        families: Vec<Family>,
        late: LateFamilies,
        quantiles: Vec<f64>,
        options: Options,
        about: About,
    ) -> Self {
        let label = |format, q| format!("quantile=\"{}\"}} ", label_number(format, q));
        Self {
            families,
            late,
            overflow_label: format!("{}=\"true", sanitise(OVERFLOW_TAG)),
            quantiles: quantiles
                .into_iter()
                .map(|q| Quantile {
                    q,
                    text: label(Format::Text, q),
                    open: label(Format::OpenMetrics, q),
                })
                .collect(),
            options,
            about,
        }
    }

    /// What is rendered, in the order of a snapshot's families.
    pub(crate) fn families(&self) -> &[Family] {
        &self.families
    }

    /// What is said of the process.
    pub(crate) fn about(&self) -> &About {
        &self.about
    }

    /// The quantiles that summaries show.
    pub(crate) fn quantiles(&self) -> Vec<f64> {
        self.quantiles.iter().map(|quantile| quantile.q).collect()
    }

    /// Appends the whole text, of the process's own endpoint or for a file that another's takes in.
    /// The windows have observed the snapshot. Returns how many families are left out from now on.
    pub(crate) fn write(
        &self,
        out: &mut String,
        (format, is_file): (Format, bool),
        snapshot: &Snapshot,
        windows: Option<&Windows>,
    ) -> u64 {
        let mut writer = SeriesWriter::new(out, format, self, windows);
        // An aggregator's own families are settled when it starts, so they stand where they stood
        // when the plan was made. What comes later stands behind them.
        let planned = self.families.len().min(snapshot.families.len());
        let (found, late) = snapshot.families.split_at(planned);
        let both = self.families.iter().zip(found);
        for (place, (family, found)) in both.enumerate() {
            write_family(&mut writer, format, place, family, found);
        }
        let mut left_out = 0;
        if !late.is_empty() {
            let (met, new) = self.late.meet(late);
            left_out = new;
            for (at, (family, found)) in met.families.iter().zip(late).enumerate() {
                if let Some(family) = family {
                    write_family(&mut writer, format, planned + at, family, found);
                }
            }
        }
        self.about.write(out, format, is_file);
        if format == Format::OpenMetrics {
            out.push_str("# EOF\n");
        }
        left_out
    }
}

fn write_family(
    writer: &mut SeriesWriter<'_>,
    format: Format,
    place: usize,
    family: &Family,
    found: &metrics::Family,
) {
    let mut head = Some(family.face(format).head.as_str());
    for series in &found.series {
        if family.hides_untouched && !series.is_touched {
            continue;
        }
        // With no samples there is no head, either.
        writer.push_head(head.take().unwrap_or_default());
        writer.write(place, family, series);
    }
}
