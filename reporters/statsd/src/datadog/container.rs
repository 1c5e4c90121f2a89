//! The id of the container that this process runs in, found as Datadog's own clients find it.
//!
//! Where the process sees the host's control groups, the path of its own has the id in it. In a
//! namespace of its own that path is `/`; then a file that the container runtime has mounted may
//! tell, and else there is the control group's inode, which an agent on the same host can look up.
//! Whatever cannot be read is not known.

use std::fs;
use std::io::Read;
use std::path::Path;

/// The inode of the namespace of control groups that is the host's.
const HOST_NAMESPACE: u64 = 0xEFFF_FFFB;

/// Files of the system are small; a longer one is not what it should be.
const LONGEST_FILE: u64 = 1 << 20;

/// `ci-` and the container's id, or `in-` and the inode of its control group.
#[cfg(unix)]
pub(crate) fn detect() -> Option<String> {
    detect_in(Path::new("/"))
}

/// Only Linux has control groups.
#[cfg(not(unix))]
pub(crate) fn detect() -> Option<String> {
    None
}

#[cfg(unix)]
fn detect_in(root: &Path) -> Option<String> {
    let cgroup = read(&root.join("proc/self/cgroup"))?;
    if let Some(id) = cgroup.lines().find_map(of_cgroup_line) {
        return Some(format!("ci-{id}"));
    }
    if inode(&root.join("proc/self/ns/cgroup")) == Some(HOST_NAMESPACE) {
        return None;
    }
    let mounts = read(&root.join("proc/self/mountinfo")).unwrap_or_default();
    if let Some(id) = mounts.lines().find_map(of_mount_line) {
        return Some(format!("ci-{id}"));
    }
    inode_of_cgroup(&cgroup, &root.join("sys/fs/cgroup")).map(|inode| format!("in-{inode}"))
}

fn read(path: &Path) -> Option<String> {
    let mut text = Vec::new();
    let file = fs::File::open(path).ok()?;
    file.take(LONGEST_FILE).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(unix)]
fn inode(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|metadata| metadata.ino())
}

/// `4:memory:/docker/<id>` or `0::/kubepods.slice/../cri-containerd-<id>.scope`.
fn of_cgroup_line(line: &str) -> Option<&str> {
    let path = line.splitn(3, ':').nth(2)?;
    let last = path.rsplit('/').next()?;
    let last = last.strip_suffix(".scope").unwrap_or(last);
    id_at_the_end(last)
}

/// A mount of `/../containers/<id>/hostname`, the fourth field being its path on the host.
fn of_mount_line(line: &str) -> Option<&str> {
    line.split(' ').find_map(|field| {
        let mut parts = field.rsplit('/');
        if !parts.next()?.ends_with("hostname") {
            return None;
        }
        // There may be one folder more between.
        let mut parts = parts.take(2).collect::<Vec<_>>().into_iter().peekable();
        while let Some(part) = parts.next() {
            // The sandbox of a pod is not the container.
            let is_sandbox = parts.peek().copied() == Some("sandboxes");
            if is_id(part) && !is_sandbox {
                return Some(part);
            }
        }
        None
    })
}

fn inode_of_cgroup(cgroup: &str, mount: &Path) -> Option<u64> {
    let path_of = |controller: &str| {
        cgroup.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let is_it = fields.next()? == controller;
            fields.next().filter(|_| is_it)
        })
    };
    // The first version has a tree per controller, the second one for all.
    ["memory", ""].into_iter().find_map(|controller| {
        let path = path_of(controller)?.trim_start_matches('/');
        if path.split('/').any(|part| part == "..") {
            return None;
        }
        let inode = inode(&mount.join(controller).join(path))?;
        // Those below are no control groups but the root of something.
        (inode > 2).then_some(inode)
    })
}

/// An id with which a name ends: `cri-containerd-<id>`, `<task>-<number>`.
fn id_at_the_end(name: &str) -> Option<&str> {
    // By characters' places, so that what is not ASCII cannot be cut.
    let starts = name.char_indices().map(|(at, _)| at);
    starts.map(|at| &name[at..]).find(|rest| is_id(rest))
}

/// 64 hexadecimal digits; 32 and a number (Fargate); or a UUID (Garden).
fn is_id(text: &str) -> bool {
    let hex = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let is_uuid = || {
        let lengths = text.split(['-', '_']).map(str::len);
        lengths.eq([8, 4, 4, 4, 12]) && text.split(['-', '_']).all(hex)
    };
    let is_task = || {
        text.split_once('-').is_some_and(|(task, number)| {
            task.len() == 32
                && hex(task)
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    text.len() == 64 && hex(text) || is_uuid() || is_task()
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// A system's files; they are gone with the value.
    struct System(PathBuf);

    impl System {
        fn new(files: &[(&str, &str)]) -> Self {
            static LAST: AtomicU32 = AtomicU32::new(0);
            let number = LAST.fetch_add(1, Ordering::Relaxed);
            let name = format!("telemetry-statsd-container-{}-{number}", std::process::id());
            let root = std::env::temp_dir().join(name);
            for (path, text) in files {
                let path = root.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(root)
        }

        fn detect(&self) -> Option<String> {
            detect_in(&self.0)
        }
    }

    impl Drop for System {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_path_of_the_control_group_ends_with_the_id() {
        let task = "0123456789abcdef0123456789abcdef-1234567890";
        let uuid = "01234567-89ab-cdef-0123-456789abcdef";
        for (line, id) in [
            (format!("4:memory:/docker/{ID}"), ID),
            (
                format!("0::/kubepods.slice/x/cri-containerd-{ID}.scope"),
                ID,
            ),
            (format!("9:pids:/ecs/x/{task}"), task),
            (format!("9:pids:/garden/{uuid}"), uuid),
        ] {
            let text = format!("12:cpu:/\nrubbish\n{line}\n");
            let system = System::new(&[("proc/self/cgroup", &text)]);
            assert_eq!(system.detect(), Some(format!("ci-{id}")), "{line}");
        }
    }

    #[test]
    fn else_a_mounted_file_tells_and_else_the_inode() {
        let mount = |path: &str| format!("1 2 0:3 {path} /etc/hostname rw - ext4 /dev/x rw\n");
        let docker = mount(&format!("/var/lib/docker/containers/{ID}/hostname"));
        let system = System::new(&[
            ("proc/self/cgroup", "0::/\n"),
            ("proc/self/mountinfo", &docker),
        ]);
        assert_eq!(system.detect(), Some(format!("ci-{ID}")));

        let sandbox = mount(&format!("/run/io.containerd/sandboxes/{ID}/hostname"));
        let system = System::new(&[
            ("proc/self/cgroup", "3:memory:/\n0::/slice\n"),
            ("proc/self/mountinfo", &sandbox),
            ("sys/fs/cgroup/slice/cgroup.procs", ""),
        ]);
        let slice = inode(&system.0.join("sys/fs/cgroup/slice")).unwrap();
        assert_eq!(system.detect(), Some(format!("in-{slice}")));
    }

    #[test]
    fn what_cannot_be_read_is_not_known() {
        assert_eq!(System::new(&[]).detect(), None);
        let system = System::new(&[("proc/self/cgroup", "0::/../../etc\n::\n:\né\n")]);
        assert_eq!(system.detect(), None);
        // Whatever it is here, it does not fail.
        let _ = detect();
    }

    #[test]
    fn what_only_looks_like_an_id_is_none() {
        assert!(!is_id(&ID.to_uppercase()));
        assert!(!is_id(&ID[1..]));
        assert!(!is_id("01234567-89ab-cdef-0123-456789abcde"));
        assert_eq!(id_at_the_end(&format!("é{ID}")), Some(ID));
    }
}
