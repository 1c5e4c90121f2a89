//! The original, on the Erlang machine, beside which ours are put.
//!
//! It cannot be a case like the others: it needs another language's compiler and three checkouts,
//! which are not a part of this. So it is measured only where `--beam` says where they are, by
//! `beam/run.sh`, after everything else and not in turns with it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::args::Args;
use crate::stats::Times;

/// What one of its cases took.
pub struct Original {
    /// Its name in `beam/baseline.exs`.
    pub name: String,
    /// With one process.
    pub one_thread: Times,
    /// With T processes.
    pub all_threads: Times,
}

/// Compiles it and measures it.
///
/// # Errors
///
/// If that failed.
pub fn measure(checkouts: &Path, args: &Args) -> Result<Vec<Original>, String> {
    eprintln!("the original");
    let output = Command::new("sh")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/beam/run.sh"))
        .arg(checkouts)
        .arg(args.threads.to_string())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("beam/run.sh: {error}"))?;
    if !output.status.success() {
        return Err(format!("beam/run.sh ended with {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|line| read(line).ok_or_else(|| format!("beam/run.sh said: {line}")))
        .collect()
}

/// `noop 149.3 141.0 521.2 490.1`
fn read(line: &str) -> Option<Original> {
    let (name, numbers) = line.split_once(' ')?;
    let numbers: Result<Vec<f64>, _> = numbers.split(' ').map(str::parse).collect();
    let [one, one_minimum, all, all_minimum] = numbers.ok()?[..] else {
        return None;
    };
    let times = |median, minimum| Times { median, minimum };
    Some(Original {
        name: name.to_owned(),
        one_thread: times(one, one_minimum),
        all_threads: times(all, all_minimum),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_and_four_numbers() {
        let original = read("metric.64 1412.3 1385.5 2042.2 654.3").unwrap();
        assert_eq!(original.name, "metric.64");
        assert_eq!(original.one_thread.minimum, 1385.5);
        assert_eq!(original.all_threads.median, 2042.2);
        for wrong in ["noop", "noop 1 2 3", "noop 1 2 3 four", "noop 1 2 3 4 5"] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
