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
        "'a", "\"a", "`a", "[a", "/* a", "-- a", "'", "\"a\"\"", "/*/",
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
