//! What the operating system says about this process; `None` where it does not.

use std::time::Duration;

/// Memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) resident: u64,
    pub(super) virtual_: u64,
}

pub(super) use platform::{HAS_PROC, memory, open_files, open_files_limit, threads};

#[cfg(any(target_os = "linux", target_os = "android"))]
mod platform {
    use std::fs;

    use super::Memory;
    use crate::vm::stat::{Stat, parse};

    pub(in crate::vm) const HAS_PROC: bool = true;

    fn stat() -> Option<Stat> {
        // Bytes: the name of a process need not be UTF-8.
        parse(&fs::read("/proc/self/stat").ok()?)
    }

    pub(in crate::vm) fn memory() -> Option<Memory> {
        let stat = stat()?;
        let page_size = u64::try_from(rustix::param::page_size()).ok()?;
        Some(Memory {
            resident: stat.resident_pages.checked_mul(page_size)?,
            virtual_: stat.virtual_bytes,
        })
    }

    pub(in crate::vm) fn threads() -> Option<u64> {
        Some(stat()?.threads)
    }

    pub(in crate::vm) fn open_files() -> Option<u64> {
        const FILES: &str = "/proc/self/fd";
        match fs::read_dir(FILES) {
            // The directory itself is open while it is being counted.
            Ok(files) => (files.filter(Result::is_ok).count() as u64).checked_sub(1),
            // Most likely there is no descriptor left to open it with, which is when the figure
            // matters most. Since Linux 6.2 the directory's size says it, too; before, it is 0.
            Err(_) => Some(fs::metadata(FILES).ok()?.len()).filter(|size| *size > 0),
        }
    }

    /// As many the process may open; `None` as well if there is no limit.
    pub(in crate::vm) fn open_files_limit() -> Option<u64> {
        use rustix::process::{Resource, getrlimit};
        getrlimit(Resource::Nofile).current
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod platform {
    use super::Memory;

    pub(in crate::vm) const HAS_PROC: bool = false;

    pub(in crate::vm) fn memory() -> Option<Memory> {
        None
    }

    pub(in crate::vm) fn threads() -> Option<u64> {
        None
    }

    pub(in crate::vm) fn open_files() -> Option<u64> {
        None
    }

    pub(in crate::vm) fn open_files_limit() -> Option<u64> {
        None
    }
}

/// User and system time of all threads, those that have ended included.
///
/// From the process's CPU clock: it counts nanoseconds, `/proc/self/stat` hundredths of a second.
#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "freebsd"
))]
pub(super) fn cpu_time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::ProcessCPUTime).try_into().ok()
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "freebsd"
)))]
pub(super) fn cpu_time() -> Option<Duration> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::{File, symlink_metadata};

    use super::*;

    #[test]
    fn the_count_of_open_files_does_not_count_itself() {
        let _files: Vec<File> = (0..10).map(|_| File::open("/dev/null").unwrap()).collect();
        // Looking at one descriptor after the other opens none.
        let by_hand = || {
            let open =
                (0..4096).filter(|fd| symlink_metadata(format!("/proc/self/fd/{fd}")).is_ok());
            Some(open.count() as u64)
        };
        // Should another test open a file right in between, the next attempt has it.
        assert!(
            (0..20).any(|_| open_files() == by_hand()),
            "{:?} {:?}",
            open_files(),
            by_hand()
        );
    }
}
