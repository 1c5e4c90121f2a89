use super::Token::{Close, Comma, Dot, Open, Other, Quoted, Semicolon, Word};
use super::*;

fn tokens_of(sql: &str, dialect: Dialect) -> Vec<Token<'_>> {
    Lexer::new(sql, dialect).collect()
}

fn tokens(sql: &str) -> Vec<Token<'_>> {
    tokens_of(sql, Dialect::Unknown)
}

#[test]
fn comments_and_space_are_between_tokens() {
    assert_eq!(tokens(" -- a\n\tb/* c */ d --e"), [Word("b"), Word("d")]);
    assert_eq!(tokens("/**/a/***/b"), [Word("a"), Word("b")]);
    assert_eq!(tokens("/*/ a */ b"), [Word("b")]);
    assert_eq!(tokens("a - b"), [Word("a"), Other, Word("b")]);
}

#[test]
fn every_kind_of_quotes() {
    assert_eq!(
        tokens(r#"main."a b".`c``d`,[e f];x(tags[1])"#),
        [
            Word("main"),
            Dot,
            Quoted("a b"),
            Dot,
            Quoted("c``d"),
            Comma,
            Quoted("e f"),
            Semicolon,
            Word("x"),
            Open,
            Word("tags"),
            Other,
            Other,
            Other,
            Close,
        ]
    );
    assert_eq!(tokens("'it''s -- /* \" not' über"), [Other, Word("über")]);
}

#[test]
fn the_name_of_a_placeholder_is_no_word() {
    assert_eq!(tokens(":from @from $from $1 ?1 #x"), [Other; 7]);
    assert_eq!(tokens("a::date"), [Word("a"), Other, Other]);
    assert_eq!(tokens("1e5 0x1F"), [Other, Other]);
}

#[test]
fn what_does_not_end_ends_the_text() {
    for open in [
        "'a",
        "\"a",
        "`a",
        "$$a",
        "E'a\\'",
        "/* a /* */",
        "/* a",
        "-- a",
        "'",
        "\"a\"\"",
        "/*/",
    ] {
        assert_eq!(tokens(open), [], "{open}");
    }
}

#[test]
fn a_huge_text_is_cut_between_tokens() {
    let long = "a ".repeat(MAX_READ);
    assert_eq!(tokens(&long).len(), MAX_READ / 2);
    // Half a word is no word, and half a character no panic.
    assert_eq!(tokens(&"a".repeat(MAX_READ + 1)), []);
    assert_eq!(tokens(&"a".repeat(MAX_READ)).len(), 1);
    assert_eq!(
        tokens(&format!("{}ü {}", "a".repeat(MAX_READ - 1), "b".repeat(9))),
        []
    );
}

#[test]
fn a_comment_may_contain_another_where_that_is_so() {
    let sql = "a /* b /* c */ d */ e";
    assert_eq!(tokens_of(sql, Dialect::Postgres), [Word("a"), Word("e")]);
    let other = [Word("a"), Word("d"), Other, Other, Word("e")];
    assert_eq!(tokens_of(sql, Dialect::Sqlite), other);
    assert_eq!(tokens_of(sql, Dialect::MySql), other);
    assert_eq!(tokens("/* ü/ *ü /*/ */ */ */ a"), [Other, Other, Word("a")]);
}

#[test]
fn strings_of_postgresql() {
    let sql = r#"$$ ' $$ $a$ $$ $b$ $a$ E'\'' e'\\' U&'d' U&"d" x$a$ $1"#;
    let tokens = [
        Other,
        Other,
        Other,
        Other,
        Other,
        Quoted("d"),
        Word("x$a$"),
        Other,
    ];
    assert_eq!(tokens_of(sql, Dialect::Postgres), tokens);
    assert_eq!(tokens_of(sql, Dialect::Unknown), tokens);
    assert_eq!(
        tokens_of("$ä$ $1$ $ä$ a", Dialect::Postgres),
        [Other, Word("a")]
    );
    // No tags of strings, but two placeholders and an operator between.
    assert_eq!(
        tokens_of("$a - $b", Dialect::Postgres),
        [Other, Other, Other]
    );
    assert_eq!(tokens_of("$a$ 'x'", Dialect::Sqlite), [Other, Other]);
    assert_eq!(
        tokens_of("a`b ARRAY['a]', b]", Dialect::Postgres),
        [
            Word("a"),
            Other,
            Word("b"),
            Word("ARRAY"),
            Other,
            Other,
            Comma,
            Word("b"),
            Other
        ]
    );
}

#[test]
fn strings_and_comments_of_mysql() {
    let sql = "'it\\'s' \"FROM \\\" x\" `a b` # c\n1--1 -- d\n e";
    assert_eq!(
        tokens_of(sql, Dialect::MySql),
        [
            Other,
            Other,
            Quoted("a b"),
            Other,
            Other,
            Other,
            Other,
            Word("e")
        ]
    );
    assert_eq!(tokens_of("'\\' a", Dialect::Sqlite), [Other, Word("a")]);
}

#[test]
fn arrays_are_no_names() {
    assert_eq!(
        tokens("ARRAY['a]', b] [c]"),
        [
            Word("ARRAY"),
            Other,
            Other,
            Comma,
            Word("b"),
            Other,
            Quoted("c")
        ]
    );
    let long = format!("[{}]", "a".repeat(MAX_IN_BRACKETS));
    assert_eq!(tokens(&long).first(), Some(&Other));
}
