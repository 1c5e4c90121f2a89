//! Files for the node exporter.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use telemetry::execute;
use telemetry_metrics::counter;

use crate::strict;
use crate::support::{Directory, reporter, sample, start};

#[test]
fn a_reader_sees_a_whole_file_whoever_writes() {
    let aggregator = start([counter("prom_textfile.done.count").tags(["n"])]);
    let prometheus = reporter(&aggregator);
    let directory = Directory::new("textfile");
    let path = directory.path().join("job.prom");
    for n in 0..200 {
        execute!("prom_textfile.done", {}, { n });
    }
    prometheus.write_textfile(&path).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers = [(); 3].map(|()| {
            scope.spawn(|| {
                for _ in 0..50 {
                    prometheus.write_textfile(&path).unwrap();
                }
            })
        });
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) || reads == 0 {
                let text = fs::read_to_string(&path).unwrap();
                let families = strict::parse(&text).unwrap();
                let labels = [("n", "199")];
                let last = sample(&families, "prom_textfile_done_count_total", &labels);
                assert_eq!(last, Some(1.0));
                reads += 1;
            }
        });
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(aggregator.health()[0].sent, 151);
}

#[test]
fn what_cannot_be_written_is_an_error_and_counted() {
    let aggregator = start([]);
    let prometheus = reporter(&aggregator);
    let directory = Directory::new("no-textfile");
    let taken = directory.path().join("taken.prom");
    fs::create_dir(&taken).unwrap();
    for path in [directory.path().join("missing/job.prom"), taken, "/".into()] {
        let error = prometheus.write_textfile(&path).unwrap_err();
        assert!(!error.to_string().is_empty());
    }
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let health = &aggregator.health()[0];
    assert_eq!((health.sent, health.failed), (0, 3));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_replaced_by_one() {
    use std::os::unix::fs::FileTypeExt;

    let prometheus = reporter(&start([]));
    let directory = Directory::new("textfile-device");
    // As good as a device, which only root could make.
    let path = directory.path().join("device.prom");
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let link = directory.path().join("stdout.prom");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for path in [&path, &link] {
        let error = prometheus.write_textfile(path).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        assert!(fs::metadata(path).unwrap().file_type().is_socket());
    }
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}
