//! [`Prometheus::write_textfile`]: for what is not there long enough to be scraped.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::format::Format;
use crate::reporter::Prometheus;

/// Distinguishes files that are written at once.
static LAST: AtomicU64 = AtomicU64::new(0);

/// A file of that name may be left over from a process that was killed; so many are passed by.
const ATTEMPTS: usize = 100;

impl Prometheus {
    /// Writes all numbers into a file for the node exporter's textfile collector, in the text
    /// format.
    ///
    /// The file is replaced as a whole: the text is written into another one beside it, which then
    /// takes its name. So a reader sees all of the old or all of the new, and several processes
    /// may write one file. The collector reads files that end in `.prom`. It counts as a scrape
    /// answered. There is no `process_start_time_seconds` in it: the node exporter has its own, and two
    /// of a name would cost the whole scrape.
    ///
    /// # Errors
    ///
    /// What the file system says; the file is as it was then. What is there and no file, such as
    /// `/dev/stdout`, is not replaced.
    ///
    /// ```
    /// # use telemetry_metrics::{Aggregator, counter};
    /// # use telemetry_prometheus::Prometheus;
    /// # let aggregator = Aggregator::builder().metrics([counter("backup.done.count")]).start()?;
    /// # let directory = std::env::temp_dir().join(format!("backup-{}", std::process::id()));
    /// # std::fs::create_dir_all(&directory)?;
    /// let prometheus = Prometheus::new(&aggregator)?;
    /// telemetry::execute!("backup.done");
    /// prometheus.write_textfile(directory.join("backup.prom"))?;
    /// # let text = std::fs::read_to_string(directory.join("backup.prom"))?;
    /// # assert!(text.contains("backup_done_count_total 1\n"));
    /// # std::fs::remove_dir_all(&directory)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_textfile(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let written = replace(path.as_ref(), self.text(Format::Text, true).as_bytes());
        match written {
            Ok(()) => self.sent(),
            Err(_) => self.failed(),
        }
        written
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A device or a pipe would be gone for everybody, were this allowed to.
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "what the path of a textfile names is there, and is no file",
        ));
    }
    let (mut file, beside) = create_beside(path)?;
    let written = file.write_all(bytes);
    drop(file);
    let replaced = written.and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        // What is wrong was said already.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

/// A new file in the same directory, by a name that the collector does not read.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path of a textfile has to name a file",
        )
    })?;
    for _ in 0..ATTEMPTS {
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let mut beside = name.to_owned();
        beside.push(format!(".{}-{number}.tmp", std::process::id()));
        let beside = path.with_file_name(beside);
        // Not through a link that somebody else has put there.
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&beside)
        {
            Ok(file) => return Ok((file, beside)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        "the directory of the textfile is full of `.tmp` files: remove them",
    ))
}
