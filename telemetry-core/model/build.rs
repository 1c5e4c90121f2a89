//! Writes what is compiled from `telemetry-core/src` other than as it is: `local.rs` and `wait.rs`
//! with a model's statics, and a copy of everything that can be broken, see `src/flawed.rs`.
//!
//! In that copy every file has its paths changed, and where a flaw has an edit, both texts are put
//! in, to be chosen between while the model runs. What finds nothing to change would make a test
//! that cannot fail, so it is listed in `MISSING`, and a test fails with that.

mod adapted;
mod flaws;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use adapted::ADAPTED;
use flaws::FLAWS;

const PROTOCOL: [&str; 5] = ["gate", "slot", "cache", "wait", "local"];
const AS_THEY_ARE: [&str; 3] = ["event", "handler", "world"];
const SCENARIOS: [&str; 6] = ["mod", "copies", "gates", "lists", "snapshots", "waiting"];

/// Stands in for a `local.rs` that could not be adapted, so that everything else can be built.
const NO_LOCAL: &str = r#"
pub(crate) fn run_handlers<const CALLER: u8>(_: &crate::event::Event<'_>) -> bool {
    panic!("see the test `the_sources_are_as_expected`")
}
pub(crate) fn tidy() {}
pub(crate) fn quiesce(_: crate::time::Duration) -> bool {
    panic!("see the test `the_sources_are_as_expected`")
}
"#;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=adapted.rs");
    println!("cargo::rerun-if-changed=flaws.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut missing = Vec::new();
    let mut texts: BTreeMap<&str, String> = PROTOCOL
        .iter()
        .map(|name| (*name, adapt(name, &mut missing)))
        .collect();
    if !missing.is_empty() {
        texts.insert("local", NO_LOCAL.to_owned());
    }

    let mut root = String::new();
    for name in ["wait", "local"] {
        write(&out, &format!("{name}.rs"), &texts[name]);
        let _ = writeln!(root, "{}", module(name));
    }
    write(&out, "adapted.rs", &root);

    let mut root = String::from("#[allow(dead_code)]\npub(crate) mod scenarios;\n");
    for (name, text) in &texts {
        let text = with_flaws(name, text, &mut missing);
        write(&out, &format!("flawed/{name}.rs"), &into_flawed(&text));
        let _ = writeln!(root, "{}", module(name));
    }
    for name in AS_THEY_ARE {
        let text = read(&format!("src/{name}.rs"));
        write(&out, &format!("flawed/{name}.rs"), &into_flawed(&text));
        let _ = writeln!(root, "{}", module(name));
    }
    for name in SCENARIOS {
        let file = format!("scenarios/{name}.rs");
        let text = read(&format!("src/{file}"));
        write(&out, &format!("flawed/{file}"), &into_flawed(&text));
    }
    for flaw in FLAWS {
        let name = flaw.name;
        let _ = writeln!(root, "pub(crate) const {name}: &str = {name:?};");
    }
    let _ = writeln!(root, "pub(crate) const MISSING: &[&str] = &{missing:?};");
    write(&out, "flawed/flawed.rs", &root);
}

fn module(name: &str) -> String {
    // The statics keep their comments when a macro is put around them.
    let allowed = if name == "local" {
        "unused_doc_comments, unreachable_pub, dead_code"
    } else {
        "dead_code"
    };
    format!("#[allow({allowed})] pub(crate) mod {name};")
}

fn read(file: &str) -> String {
    println!("cargo::rerun-if-changed={file}");
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn write(out: &Path, file: &str, text: &str) {
    let file = out.join(file);
    let folder = file.parent().expect("it has one");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&file, text))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

fn into_flawed(text: &str) -> String {
    text.replace("crate::", "crate::flawed::")
}

/// Where a text is, if it is there exactly once.
fn find(
    file: &str,
    text: &str,
    wanted: &str,
    why: &str,
    missing: &mut Vec<String>,
) -> Option<usize> {
    let mut found = text.match_indices(wanted);
    if let (Some((at, _)), None) = (found.next(), found.next()) {
        return Some(at);
    }
    missing.push(format!(
        "{why} has to find this text exactly once in telemetry-core/src/{file}.rs; if the code has \
         changed, change it here:\n{wanted}"
    ));
    None
}

/// The text of a file of the protocol, fit for the model.
fn adapt(file: &str, missing: &mut Vec<String>) -> String {
    let mut text = read(&format!("../src/{file}.rs"));
    for edit in ADAPTED.iter().filter(|edit| edit.file == file) {
        if let Some(at) = find(file, &text, edit.std, "adapted.rs", missing) {
            text.replace_range(at..at + edit.std.len(), edit.model);
        }
    }
    text
}

/// The text of a file with the flaws that concern it.
fn with_flaws(file: &str, text: &str, missing: &mut Vec<String>) -> String {
    // Several flaws may break the same place.
    let mut places: BTreeMap<usize, (&str, String)> = BTreeMap::new();
    for flaw in FLAWS {
        for edit in flaw.edits.iter().filter(|edit| edit.file == file) {
            let wanted = format!("{}{}", edit.after, edit.right);
            let why = format!("flaws.rs: {}", flaw.name);
            let Some(at) = find(file, text, &wanted, &why, missing) else {
                continue;
            };
            let at = at + edit.after.len();
            let (_, switch) = places.entry(at).or_insert((edit.right, String::new()));
            let _ = write!(
                switch,
                "if crate::check::flawed({:?}) {{ {} }} else ",
                flaw.name, edit.wrong
            );
        }
    }
    let mut result = String::new();
    let mut rest = 0;
    for (at, (right, switch)) in places {
        let _ = write!(result, "{}{switch}{{ {right} }}", &text[rest..at]);
        rest = at + right.len();
    }
    result + &text[rest..]
}
