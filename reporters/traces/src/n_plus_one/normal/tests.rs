//! What becomes of statements, and what never does.

use proptest::prelude::*;

use super::normalise;

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (statement, normal) in cases {
        assert_eq!(normalise(statement), *normal, "{statement}");
        assert_eq!(normalise(normal), *normal, "the normal form again");
    }
}

#[test]
fn values_and_placeholders_become_question_marks() {
    check(&[
        ("SELECT 1, -2.5e-3, .5, 0xFF, 1_000", "select ?, ?, ?, ?, ?"),
        (
            "select 'a', 'it''s', E'it\\'s', X'00ff', N'n', b'01', U&'d\\0061'",
            "select ?, ?, ?, ?, ?, ?, ?",
        ),
        ("a = ? and b = ?12 and c = $3", "a = ? and b = ? and c = ?"),
        ("a = :name or b = @p or c = $x", "a = ? or b = ? or c = ?"),
        ("select $$it's$$, $tag$ $$ ; $tag$", "select ?, ?"),
        ("x = 'never ends -- where y = 2", "x = ?"),
        ("x = $a$ never ends", "x = ?"),
    ]);
}

#[test]
fn what_only_looks_like_a_value_stays() {
    check(&[
        (
            "select t1.a, x - 1, f(2) -3 from t1",
            "select t1.a, x - ?, f(?) - ? from t1",
        ),
        ("x::int, y :: TEXT[]", "x::int, y::text[]"),
        ("a->'k'->>2 = b @> c", "a -> ? ->> ? = b @> c"),
        (
            "a <@$1 and b<@'{}' and c @@$2",
            "a <@ ? and b <@ ? and c @@ ?",
        ),
        (
            "@@version, a[1:2], ARRAY[1, 2]",
            "@@version, a[? ?], array[?]",
        ),
        ("limit 10, 20", "limit ?, ?"),
        ("a is null and b is true", "a is null and b is true"),
        ("naïve = 1 and größe2 = 2", "naïve = ? and größe2 = ?"),
    ]);
}

#[test]
fn names_in_quotes_stay_as_they_are() {
    check(&[
        (
            r#"SELECT "Name", `It``s` FROM "a ""b"" -- c" WHERE "X" = 1"#,
            r#"select "Name", `It``s` from "a ""b"" -- c" where "X" = ?"#,
        ),
        (
            r#"from "App"."User Table" u"#,
            r#"from "App"."User Table" u"#,
        ),
        (
            "from [Order], \"a\u{1b}[2J\"",
            "from [order], \"a\u{fffd}[2J\"",
        ),
    ]);
}

#[test]
fn lists_and_rows_fold() {
    check(&[
        ("id IN (1,2,3)", "id in (?)"),
        ("id in ($1)", "id in (?)"),
        ("(a, b) in ((1, 2), (3, 4))", "(a, b) in ((?))"),
        (
            "INSERT INTO t(a, b) VALUES (1, 'x'), (-2, NULL), (3, now()), (4, now())",
            "insert into t(a, b) values (?), (?, null), (?, now())",
        ),
        (
            "insert into t values (1, f(2)), (3, f(4))",
            "insert into t values (?, f(?))",
        ),
        // Cut off within a row.
        (
            "insert into t values (1, f(2)), (3, f(",
            "insert into t values (?, f(?))",
        ),
        ("id in (1, 2, 3,", "id in (?"),
        (
            "id in ($1::uuid, $2 :: uuid,$3::uuid) and n in (lower('a'), lower('b'))",
            "id in (?::uuid) and n in (lower(?))",
        ),
        (
            "array[$1::int, 2::int, -3::int], array[array[1, 2], array[3, 4]]",
            "array[?::int], array[array[?]]",
        ),
        ("id in (?::uuid, ?::uu", "id in (?::uuid"),
        ("id in (f(?), f(?), f(", "id in (f(?)"),
        // A row that went takes its comma along.
        ("((1), (2) + 3, (4))", "((?) + ?, (?))"),
        // No lists of values, and no rows.
        (
            "f(a, a), g(?::a, ?::b, ?::b)",
            "f(a, a), g(?::a, ?::b, ?::b)",
        ),
        ("f(a, 1, 2)", "f(a, ?, ?)"),
        ("f(1), f(1)", "f(?), f(?)"),
        ("(a) (a)", "(a) (a)"),
    ]);
}

#[test]
fn comments_spaces_and_semicolons_vanish() {
    check(&[
        ("/* a /* nested */ one */ SELECT -- x\n 1 ;\n; ", "select ?"),
        ("select a--b\r\n+1", "select a + ?"),
        ("select a /* never ends", "select a"),
        (
            "\u{feff}select\u{a0}count( * )\tfrom\nt;",
            "select count(*) from t",
        ),
        (
            "a>=1 or b <>2 or c!= -3 or d||e",
            "a >= ? or b <> ? or c != ? or d || e",
        ),
        ("", ""),
        (" ;", ""),
    ]);
}

/// Pieces that have to do with each other, so that they meet more often than in any text.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "'", "''", "\"", "`", "\\", "$", "$$", "$a$", "$1", "?", "??", ":", "::", ":a", "@",
            "@@", "@@a", "@b", "--", "\n", "/*", "*/", "/", "*", "-", "+", ">", "<", "=", "|", "(",
            ")", "()", "[", "]", ",", ", ", ".", ";", " ", "\t", "0", "1.5", ".5", "1e", "1e-5",
            "e'", "x'", "u&'", "u&\"", "a", "IN", "values ", "select ", "ü", "\u{85}", "\u{1b}",
            "#", "{", "(1,", "(a,b),", "1::a", "1::a, ", "f(1), ", "f(?, ", "(1), ", "+ 1", "[1, ",
        ])
        .prop_map(str::to_owned),
        ".{0,3}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_normal_form_of_any_text_is_normal(text in hostile()) {
        let normal = normalise(&text);
        prop_assert_eq!(normalise(&normal), &*normal);
        // Spaces are put between tokens, so it may be longer; but not by more.
        prop_assert!(normal.len() <= 2 * text.len().max(1) + 2 * text.matches(char::is_control).count());
    }

    #[test]
    fn no_literal_gets_through(
        numbers in prop::collection::vec(1000u32..1_000_000, 1..8),
        secret in "[a-z]{8}",
        quote in prop::sample::select(vec![("'", "'"), ("E'\\'", "'"), ("'''", "'"), ("$t$'", "$t$")]),
    ) {
        let list = numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let (open, close) = quote;
        let statement = format!("select a from t where b in ({list}) and c = {open}{secret}{close} limit 1");
        prop_assert_eq!(
            normalise(&statement),
            "select a from t where b in (?) and c = ? limit ?"
        );
    }

    #[test]
    fn space_comments_and_case_do_not_matter(
        gaps in prop::collection::vec(prop::sample::select(vec![" ", "\n", "\t ", " /* x */ ", " -- y\n", " /* /* */ */"]), 24),
        upper in prop::collection::vec(any::<bool>(), 24),
    ) {
        let words = ["select", "u", ".", "name", ",", "count", "(", "*", ")", "from", "users", "u",
            "where", "u", ".", "id", "in", "(", "1", ",", "2", ")", "and", "x"];
        let mut text = String::new();
        for ((word, gap), upper) in words.iter().zip(gaps).zip(upper) {
            text += &if upper { word.to_uppercase() } else { (*word).to_owned() };
            text += gap;
        }
        prop_assert_eq!(normalise(&text), "select u.name, count(*) from users u where u.id in (?) and x");
    }
}

#[test]
fn what_is_nested_too_deep_is_left_as_it_is() {
    let nested = |depth: usize, inside: &str| {
        format!(
            "{}{inside}{}, (1), (2)",
            "(a, ".repeat(depth),
            ")".repeat(depth)
        )
    };
    for (depth, inside) in [(250, "f(?)"), (300, "f(?), f(?)")] {
        let normal = normalise(&nested(depth, "f(1), f(2)"));
        assert!(normal.contains(&format!("{inside})")) && normal.ends_with("), (?)"));
        assert_eq!(normalise(&normal), normal);
    }
    let mut deep = String::new();
    for n in 0..2_000 {
        deep += ["(", "[", "f(?, ", "(1), ", "?, ", "]", "x; ", "(("][n * n % 31 % 8];
    }
    let normal = normalise(&deep);
    assert_eq!(normalise(&normal), normal);
}

/// A minute is nothing against the square of a megabyte, and enough for a busy machine.
#[test]
fn a_megabyte_of_anything_takes_time_by_its_length() {
    let hard = [
        "(",
        "((1),",
        "$a$",
        "$1$",
        "/*",
        "/* */",
        "'",
        "--",
        "- ",
        "(1,2),",
        "(a,(a,(a),",
        "$",
        "$aa",
        "\"",
        "[",
        "1e-",
        ":",
        "@",
        ". ",
        "\\",
        "ü",
        "e'\\'",
    ];
    for piece in hard {
        let text = piece.repeat((1 << 20) / piece.len());
        let started = std::time::Instant::now();
        let normal = normalise(&text);
        assert!(
            started.elapsed().as_secs() < 60,
            "{piece}: {:?}",
            started.elapsed()
        );
        assert!(normal.len() <= 2 * text.len());
    }
}
