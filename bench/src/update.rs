//! Tables of the report, put into a document in place of what stands there.
//!
//! The document marks where: a line `<!-- bench: ratios -->`, and further down `<!-- end -->`. Marks
//! like `<!-- bench: tsc/ratios -->` are for a build with the feature `tsc`, the others for one
//! without.

use crate::report::Section;

/// The document with each marked table replaced; tables without numbers are left as they are.
///
/// # Errors
///
/// What is wrong with the marks.
pub fn update(document: &str, sections: &[Section], tsc: bool) -> Result<String, String> {
    let mut text = String::with_capacity(document.len());
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        text.push_str(line);
        text.push('\n');
        let Some(key) = line
            .strip_prefix("<!-- bench: ")
            .and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        let mut old = String::new();
        loop {
            match lines.next() {
                Some("<!-- end -->") => break,
                Some(line) => {
                    old.push_str(line);
                    old.push('\n');
                }
                None => return Err(format!("`bench: {key}` has no `<!-- end -->`")),
            }
        }
        let (of_tsc, key) = match key.strip_prefix("tsc/") {
            Some(key) => (true, key),
            None => (false, key),
        };
        match sections.iter().find(|section| section.key == key) {
            Some(section) if of_tsc == tsc => {
                text.extend(["\n", section.body.trim(), "\n\n"]);
            }
            _ if Section::KEYS.contains(&key) => text.push_str(&old),
            _ => {
                let keys = Section::KEYS.join("`, `");
                return Err(format!("no table `{key}`; there are `{keys}`"));
            }
        }
        text.push_str("<!-- end -->\n");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios() -> Vec<Section> {
        vec![Section {
            key: "ratios",
            title: "Ratios",
            body: "new\n".to_owned(),
        }]
    }

    #[test]
    fn a_marked_table_is_replaced_and_the_rest_stays() {
        let document = "a\n<!-- bench: ratios -->\nold\n<!-- end -->\nb\n";
        let updated = update(document, &ratios(), false).unwrap();
        assert_eq!(
            updated,
            "a\n<!-- bench: ratios -->\n\nnew\n\n<!-- end -->\nb\n"
        );
        assert_eq!(update(&updated, &ratios(), false).unwrap(), updated);
    }

    #[test]
    fn a_table_that_was_not_measured_stays() {
        for mark in ["spans", "tsc/ratios"] {
            let document = format!("<!-- bench: {mark} -->\nold\n<!-- end -->\n");
            assert_eq!(update(&document, &ratios(), false).unwrap(), document);
        }
    }

    #[test]
    fn wrong_marks_are_errors() {
        for document in [
            "<!-- bench: ratios -->\n",
            "<!-- bench: no -->\n<!-- end -->",
        ] {
            assert!(update(document, &ratios(), false).is_err(), "{document}");
        }
    }
}
