//! What is so whatever the text.

use proptest::prelude::*;

use super::*;

/// Pieces that make texts which are nearly SQL.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "SELECT",
            "FROM",
            "WITH",
            "RECURSIVE",
            "AS",
            "INSERT",
            "INTO",
            "UPDATE",
            "OR",
            "DELETE",
            "TABLE",
            "CREATE",
            "IF",
            "NOT",
            "EXISTS",
            "ONLY",
            "DISTINCT",
            "MERGE",
            "EXPLAIN",
            "PREPARE",
            "COPY",
            "INDEX",
            "ON",
            "VALUES",
            "E'",
            "U&\"",
            "$a$",
            "$$",
            "#",
            "\\",
            "users",
            "main",
            "(",
            ")",
            ",",
            ".",
            ";",
            "'",
            "\"",
            "`",
            "[",
            "]",
            "--",
            "/*",
            "*/",
            "\n",
            "$",
            ":",
            "?",
            "1",
            "ü",
            "\u{0}",
            "\u{feff}",
            "*",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec((piece, prop::sample::select(vec!["", " "])), 0..60).prop_map(|pieces| {
        pieces
            .into_iter()
            .map(|(piece, space)| piece + space)
            .collect()
    })
}

proptest! {
    #[test]
    fn whatever_the_text_the_answer_is_bounded(
        sql in prop_oneof![any::<String>(), pieces()],
        dialect in prop::sample::select(vec!["SQLite", "PostgreSQL", "MySQL", "Any"]),
    ) {
        let summary = crate::sql::summary(&sql, Dialect::of(dialect));
        prop_assert!(COMMANDS.contains(&summary.command));
        if let Some(source) = summary.source {
            prop_assert!(!source.is_empty() && source.len() <= MAX_SOURCE_LEN);
            prop_assert!(sql.contains(source));
        }
    }

    #[test]
    fn any_quoted_name_is_found(name in "[^\"\u{0}]{1,40}", schema in "([a-z]{1,9}\\.)?") {
        let cut = &name[..name.floor_char_boundary(MAX_SOURCE_LEN)];
        check(&format!("SELECT a, 'x' FROM {schema}\"{name}\" WHERE 1"), "SELECT", Some(cut));
        check(&format!("INSERT INTO {schema}\"{name}\" VALUES (1)"), "INSERT", Some(cut));
    }

    #[test]
    fn comments_case_and_space_change_nothing(
        between in prop::collection::vec(
            prop::sample::select(vec![" ", "\n", "\t ", "/* FROM x */", " -- FROM '\n", "/**/ "]),
            12,
        ),
        upper in any::<bool>(),
    ) {
        let words = ["with", "a", "as", "(", "select", "1", ")", "delete", "from", "main", ".", "t"];
        let sql: String = words
            .iter()
            .zip(&between)
            .map(|(word, between)| {
                let word = if upper && *word != "t" { word.to_uppercase() } else { (*word).into() };
                format!("{between}{word}")
            })
            .collect();
        check(&sql, "DELETE", Some("t"));
    }
}
