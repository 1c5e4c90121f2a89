//! Who we are: the attributes of the resource that all spans and points belong to.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::proto::common::{int_attribute, text_attribute};

/// What is known of the program without being told.
pub(crate) struct Attributes {
    texts: Vec<(String, String)>,
}

const SERVICE_NAME: &str = "service.name";

impl Attributes {
    pub(crate) fn of_this_process() -> Self {
        let mut texts = vec![
            (SERVICE_NAME.into(), unknown_service()),
            ("service.instance.id".into(), random_uuid()),
            ("telemetry.sdk.name".into(), "telemetry".into()),
            ("telemetry.sdk.language".into(), "rust".into()),
            (
                "telemetry.sdk.version".into(),
                env!("CARGO_PKG_VERSION").into(),
            ),
        ];
        if let Some(name) = host_name() {
            texts.push(("host.name".into(), name));
        }
        Self { texts }
    }

    /// Sets an attribute; the last one to say so is right.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        match self.texts.iter_mut().find(|(one, _)| one == key) {
            Some((_, known)) => value.clone_into(known),
            None => self.texts.push((key.to_owned(), value.to_owned())),
        }
    }

    pub(crate) fn set_service_name(&mut self, name: &str) {
        self.set(SERVICE_NAME, name);
    }

    /// The message `Resource`, without key and length.
    pub(crate) fn written(&self) -> Vec<u8> {
        const PID: &str = "process.pid";
        const ATTRIBUTES: u32 = 1;
        let mut out = Vec::new();
        for (key, value) in &self.texts {
            text_attribute(&mut out, ATTRIBUTES, key, value);
        }
        if self.texts.iter().all(|(key, _)| key != PID) {
            int_attribute(&mut out, ATTRIBUTES, PID, std::process::id().into());
        }
        out
    }
}

/// What the specification asks for where nobody gave a name.
fn unknown_service() -> String {
    let executable = std::env::current_exe().ok();
    let name = executable
        .as_deref()
        .and_then(std::path::Path::file_name)
        .map(std::ffi::OsStr::to_string_lossy);
    match name {
        Some(name) => format!("unknown_service:{name}"),
        None => "unknown_service".into(),
    }
}

/// A UUID of version 4. It tells processes apart and keeps no secret, so the standard library's random
/// seeds of hash maps are good enough.
fn random_uuid() -> String {
    let half = || RandomState::new().hash_one(std::process::id());
    let random = u128::from(half()) << 64 | u128::from(half());
    let version = random & !(0xf << 76) | 0x4 << 76;
    let variant = version & !(0x3 << 62) | 0x2 << 62;
    let digits = format!("{variant:032x}");
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    parts.join("-")
}

/// Where the system tells it as a file. Asking it otherwise takes a library.
fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    (!name.is_empty() && name != "(none)").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(attributes: &'a Attributes, key: &str) -> &'a str {
        let mut found = attributes.texts.iter().filter(|(one, _)| one == key);
        let (_, value) = found.next().unwrap();
        assert!(found.next().is_none(), "{key} is there twice");
        value
    }

    #[test]
    fn a_program_without_a_name_is_called_by_its_executable() {
        let mut attributes = Attributes::of_this_process();
        assert!(value(&attributes, "service.name").starts_with("unknown_service:"));
        attributes.set_service_name("shop");
        attributes.set("service.name", "web");
        attributes.set("team", "a");
        assert_eq!(value(&attributes, "service.name"), "web");
        assert_eq!(value(&attributes, "team"), "a");
    }

    #[test]
    fn two_starts_have_different_ids() {
        let starts = [(); 2].map(|()| Attributes::of_this_process());
        let [one, two] = [0, 1].map(|n| value(&starts[n], "service.instance.id").to_owned());
        assert_ne!(one, two);
        assert_eq!(one.len(), 36);
        assert_eq!(&one[14..15], "4");
        assert!(matches!(&one[19..20], "8" | "9" | "a" | "b"), "{one}");
    }
}
