//! When the process was started.
//!
//! Linux counts it in ticks since the machine was, of which a second has a hundred: what the kernel
//! shows to programs is in that unit on every machine that Rust's standard library runs on, whatever
//! it counts in itself. Elsewhere, it is when the first reporter was built, which a program does when it
//! begins.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const TICKS_PER_SECOND: u64 = 100;
/// The place of the ticks among the fields of `/proc/self/stat`, of which proc(5) counts from 1 and two
/// stand before the end of the name.
const START_TICKS: usize = 22 - 3;

/// The same whoever asks, and whenever.
pub(super) fn time() -> SystemTime {
    static TIME: LazyLock<SystemTime> = LazyLock::new(|| {
        let now = SystemTime::now();
        // A clock that was set since may have it later than now.
        from_system().map_or(now, |time| time.min(now))
    });
    *TIME
}

fn from_system() -> Option<SystemTime> {
    let process = fs::read("/proc/self/stat").ok()?;
    let machine = BufReader::new(File::open("/proc/stat").ok()?);
    let mut lines = machine.lines().map_while(Result::ok);
    let booted = lines.find_map(|line| booted(&line))?;
    let since_boot = Duration::from_millis(ticks(&process)?.checked_mul(1000 / TICKS_PER_SECOND)?);
    UNIX_EPOCH.checked_add(Duration::from_secs(booted).checked_add(since_boot)?)
}

/// The seconds of a line `btime 1700000000`.
fn booted(line: &str) -> Option<u64> {
    line.strip_prefix("btime ")?.trim().parse().ok()
}

/// The name, in parentheses, may contain anything, parentheses too; nothing behind it does.
fn ticks(stat: &[u8]) -> Option<u64> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let fields = std::str::from_utf8(&stat[end + 1..]).ok()?;
    let mut fields = fields.split_ascii_whitespace();
    fields.nth(START_TICKS)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_past_and_stays_the_same() {
        let started = time();
        assert!(started <= SystemTime::now());
        assert_eq!(started, time());
        // These tests do not run for a day.
        let yesterday = SystemTime::now() - Duration::from_secs(86_400);
        assert!(started > yesterday);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn on_linux_it_is_what_the_system_says() {
        assert!(from_system().is_some());
    }

    #[test]
    fn names_that_look_like_fields_do_no_harm() {
        let after = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        for name in ["shop", "a) S 1 2", ") ) ((", "two\nlines", ""] {
            let stat = format!("7 ({name}){after}");
            assert_eq!(ticks(stat.as_bytes()), Some(4711), "{name}");
        }
        for broken in [
            "",
            "7 (shop",
            "7 (shop) S 1",
            "7 (shop) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 x",
        ] {
            assert_eq!(ticks(broken.as_bytes()), None, "{broken}");
        }
        assert_eq!(booted("btime 1700000000"), Some(1_700_000_000));
        assert_eq!(booted("btime -1"), None);
        assert_eq!(booted("ctxt 17"), None);
    }
}
