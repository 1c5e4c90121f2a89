//! Where warnings about definitions go.

use std::fmt::{self, Write as _};
use std::io::Write;

use telemetry::execute;

use crate::problem::DefinitionProblem;

/// The event that warns of a definition when an aggregator starts, once per definition: metadata
/// `metric` (the definition's name) and `problem` (what is wrong, in words).
///
/// If nobody listens to it, a line goes to standard error instead, up to twenty per start.
///
/// ```
/// use telemetry_metrics::{Aggregator, DEFINITION_WARNING, sum};
///
/// telemetry::attach("misspelt", DEFINITION_WARNING, |warning| {
///     println!("{}", warning.metadata("problem").unwrap_or_default());
/// })?;
/// // It starts nevertheless.
/// let aggregator = Aggregator::builder().metrics([sum("shop.order.placed.itmes")]).start()?;
///
/// telemetry::execute!("shop.order.placed", { items: 3 });
/// assert_eq!(
///     aggregator.warnings()[0].to_string(),
///     "`shop.order.placed.itmes`: no callsite of `shop.order.placed` measures `itmes`, did you \
///      mean `items`?"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const DEFINITION_WARNING: &str = "telemetry.metrics.definition_warning";

/// Lines on standard error per start; [`Aggregator::warnings`](crate::Aggregator::warnings) has all.
const MAX_LINES: usize = 20;
/// Problems that one warning lists.
const MAX_PROBLEMS: usize = 4;

/// Tells whoever listens to the event; if nobody does, standard error.
pub(crate) fn tell(problems: &[DefinitionProblem]) {
    let warnings = problems.chunk_by(|a, b| a.metric == b.metric).map(Warning);
    let unheard: Vec<_> = warnings.filter(|warning| !is_heard(warning)).collect();
    for warning in unheard.iter().take(MAX_LINES) {
        // Not `eprintln!`: it panics when standard error is closed.
        let _ = writeln!(
            std::io::stderr(),
            "telemetry-metrics: `{}`: {}",
            OneLine(&warning.metric()),
            OneLine(warning)
        );
    }
    if let Some(more) = unheard
        .len()
        .checked_sub(MAX_LINES)
        .filter(|more| *more > 0)
    {
        let _ = writeln!(
            std::io::stderr(),
            "telemetry-metrics: {more} more warnings about definitions: see `Aggregator::warnings`"
        );
    }
}

fn is_heard(warning: &Warning<'_>) -> bool {
    let mut heard = false;
    execute!(
        "telemetry.metrics.definition_warning",
        {},
        {
            // Arguments run only if somebody listens.
            metric: {
                heard = true;
                warning.metric()
            },
            problem: telemetry::display(warning),
        },
    );
    heard
}

/// All that is wrong with one definition; prints that, without the definition's name.
struct Warning<'p>(&'p [DefinitionProblem]);

impl Warning<'_> {
    fn metric(&self) -> &str {
        self.0.first().map_or("", |one| &one.metric)
    }
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, one) in self.0.iter().take(MAX_PROBLEMS).enumerate() {
            let joint = if at == 0 { "" } else { "; " };
            write!(f, "{joint}{}", one.problem)?;
        }
        match self.0.len().saturating_sub(MAX_PROBLEMS) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// Prints something without its line breaks and other control characters: a tag may be any text.
struct OneLine<'t, T>(&'t T);

impl<T: fmt::Display> fmt::Display for OneLine<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Replacing<'f, 'g>(&'f mut fmt::Formatter<'g>);
        impl fmt::Write for Replacing<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                text.chars()
                    .try_for_each(|c| self.0.write_char(if c.is_control() { ' ' } else { c }))
            }
        }
        write!(Replacing(f), "{}", self.0)
    }
}
