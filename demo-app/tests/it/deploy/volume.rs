//! How Tempo comes to its volume on Fly.io, without being root.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::files::path;
use crate::support::folder::Folder;

/// Commands that note how they were called, in place of those that only root may use.
const STAND_INS: [(&str, &str); 4] = [
    ("mkdir", "echo mkdir \"$@\" >> \"$NOTES\""),
    ("stat", "echo ${OWNER}"),
    ("chown", "echo chown \"$@\" >> \"$NOTES\""),
    ("setpriv", "echo setpriv \"$@\" >> \"$NOTES\""),
];

#[test]
fn a_new_volume_is_given_away_once_and_tempo_is_not_root() {
    let folder = Folder::new("start-tempo");
    for (name, script) in STAND_INS {
        let file = folder.0.join(name);
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let start = |owner: &str| {
        let notes = folder.0.join(format!("notes-{owner}"));
        let status = Command::new("/bin/sh")
            .arg(path("tempo/start.sh"))
            .args(["tempo", "-config.file=x y"])
            .env("PATH", &folder.0)
            .env("OWNER", owner)
            .env("NOTES", &notes)
            .status();
        assert!(status.unwrap().success());
        std::fs::read_to_string(notes).unwrap()
    };
    let as_whom = "setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs -- tempo \
                   -config.file=x y\n";
    let made = "mkdir -p /var/tempo\n";
    let given = "chown -R 10001:10001 /var/tempo\n";
    assert_eq!(start("0"), format!("{made}{given}{as_whom}"));
    assert_eq!(start("10001"), format!("{made}{as_whom}"));
}
