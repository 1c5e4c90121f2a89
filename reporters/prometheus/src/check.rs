//! Checks that the text will be valid: settings, names of samples, labels.

use std::collections::HashMap;

use telemetry_metrics::{Definition, KNOWN_OPTIONS, Kind, OVERFLOW_TAG};

use crate::family::{Family, TYPE_OPTION, Type};
use crate::format::Format;
use crate::name::sanitise;
use crate::problem::{FamilyProblem, Problem};

/// All problems of the families, of which the first `own` are not the library's but the user's.
pub(crate) fn check(
    families: &[Family],
    own: usize,
    constant_tags: &[(String, String)],
) -> Vec<FamilyProblem> {
    let (own, selfs) = families.split_at(own.min(families.len()));
    let constants: Vec<(&str, String)> = constant_tags
        .iter()
        .map(|(tag, _)| (tag.as_str(), sanitise(tag)))
        .collect();
    let mut problems = Vec::new();

    let mut found = Vec::new();
    check_constants(families, selfs, &constants, &mut found);
    problems.extend(named("constant_tag", found));

    // The library's own come first: where one of them clashes, it is the user's that has to be
    // renamed.
    let mut taken = Names::new();
    for family in selfs {
        let _ = claim(&mut taken, family);
    }
    for family in own {
        let definition = &family.definition;
        let mut found = Vec::new();
        check_options(definition, &mut found);
        found.extend(claim(&mut taken, family).err());
        let labels: Vec<(&str, String)> = definition
            .tags()
            .iter()
            .map(|tag| (tag.as_str(), sanitise(tag)))
            .collect();
        check_labels(&labels, &[family.kind], &mut found);
        for (tag, label) in &labels {
            if let Some((constant, _)) = constants.iter().find(|(_, known)| known == label) {
                found.push(Problem::ConstantLabel {
                    tag: (*tag).to_owned(),
                    constant: (*constant).to_owned(),
                    label: label.clone(),
                });
            }
        }
        problems.extend(named(definition.name(), found));
    }
    problems
}

fn named(metric: &str, found: Vec<Problem>) -> impl Iterator<Item = FamilyProblem> {
    let name = |problem| FamilyProblem {
        metric: metric.to_owned(),
        problem,
    };
    found.into_iter().map(name)
}

fn check_options(definition: &Definition, found: &mut Vec<Problem>) {
    for (key, value) in definition.options() {
        if key == TYPE_OPTION {
            match (definition.kind(), value.as_str()) {
                (Kind::Sum, "counter") if definition.is_up_down() => {
                    found.push(Problem::FallingCounter);
                }
                (Kind::Sum, "counter" | "gauge") => {}
                (Kind::Sum, _) => found.push(Problem::OptionValue {
                    key: key.clone(),
                    value: value.clone(),
                    expected: "`counter` or `gauge`",
                }),
                (kind, _) => found.push(Problem::OptionOn {
                    key: key.clone(),
                    kind,
                }),
            }
        } else if !KNOWN_OPTIONS.contains(&key.as_str()) {
            found.push(Problem::UnknownOption(key.clone()));
        }
    }
}

/// By name: whose it is, and whether it is OpenMetrics alone that calls something so.
type Names<'f> = HashMap<String, (&'f Definition, Format)>;

/// Takes the names of a family and its samples, unless one of them is taken.
fn claim<'f>(taken: &mut Names<'f>, family: &'f Family) -> Result<(), Problem> {
    let names = family.names();
    for (sample, format) in &names {
        if let Some((other, others)) = taken.get(sample) {
            let both = *format == Format::Text && *others == Format::Text;
            return Err(Problem::NameTaken {
                sample: sample.clone(),
                other: other.name().to_owned(),
                kind: other.kind(),
                format: if both {
                    Format::Text
                } else {
                    Format::OpenMetrics
                },
            });
        }
    }
    let own = |(name, format)| (name, (&*family.definition, format));
    taken.extend(names.into_iter().map(own));
    Ok(())
}

/// Checks the labels that come from one list of tags and stand in families of these types.
fn check_labels(labels: &[(&str, String)], kinds: &[Type], found: &mut Vec<Problem>) {
    for (at, (tag, label)) in labels.iter().enumerate() {
        let (tag, label) = ((*tag).to_owned(), label.clone());
        if label.starts_with("__") {
            found.push(Problem::HiddenLabel { tag, label });
        } else if let Some(meaning) = meaning(&label, kinds) {
            found.push(Problem::ReservedLabel {
                tag,
                label,
                meaning,
            });
        } else if let Some((first, _)) = labels[..at].iter().find(|(_, known)| *known == label) {
            found.push(Problem::SameLabel {
                first: (*first).to_owned(),
                second: tag,
                label,
            });
        }
    }
}

/// What a label says in families of these types, if that is not for tags to say.
fn meaning(label: &str, kinds: &[Type]) -> Option<&'static str> {
    if label == "le" && kinds.contains(&Type::Histogram) {
        Some("the bound of a histogram's bucket")
    } else if label == "quantile" && kinds.contains(&Type::Summary) {
        Some("the quantile of a summary")
    } else if label == sanitise(OVERFLOW_TAG) {
        Some("the mark of the overflow series")
    } else {
        None
    }
}

/// Checks the constant tags by themselves and against the library's own families, once.
fn check_constants(
    families: &[Family],
    selfs: &[Family],
    constants: &[(&str, String)],
    found: &mut Vec<Problem>,
) {
    let kinds: Vec<Type> = families.iter().map(|family| family.kind).collect();
    check_labels(constants, &kinds, found);
    for (constant, label) in constants {
        let mut tags = selfs.iter().flat_map(|family| family.definition.tags());
        if let Some(tag) = tags.find(|tag| sanitise(tag) == *label) {
            found.push(Problem::ReservedLabel {
                tag: (*constant).to_owned(),
                label: tag.clone(),
                meaning: "a label of the self-metrics under `telemetry`",
            });
        }
    }
}
