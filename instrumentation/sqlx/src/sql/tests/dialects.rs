//! What the databases do not agree upon, and texts that nobody wrote for one.

use super::*;

#[track_caller]
fn check_in(dialect: Dialect, sql: &str, command: &str, source: Option<&str>) {
    let summary = crate::sql::summary(sql, dialect);
    assert_eq!(
        (summary.command, summary.source),
        (command, source),
        "{sql}"
    );
}

#[test]
fn each_database_has_quotes_of_its_own() {
    use Dialect::{MySql, Postgres, Sqlite, Unknown};

    for dialect in [Postgres, Unknown] {
        for text in [
            "$$ FROM x $$",
            "$q$ FROM $$ x $q$",
            r"E'it\' FROM x'",
            "'a\\'",
            "U&'\\0041'",
        ] {
            check_in(
                dialect,
                &format!("SELECT {text} FROM t"),
                "SELECT",
                Some("t"),
            );
        }
        check_in(
            dialect,
            "/* /* */ SELECT 1 FROM x */ DELETE FROM t",
            "DELETE",
            Some("t"),
        );
    }
    check_in(Postgres, "SELECT tags[a], b FROM t", "SELECT", Some("t"));
    check_in(Postgres, "SELECT 1 FROM [t]", "SELECT", None);
    for dialect in [Sqlite, Unknown] {
        check_in(
            dialect,
            "SELECT 1 FROM [order lines]",
            "SELECT",
            Some("order lines"),
        );
    }
    check_in(Sqlite, "/* /* */ SELECT 1 FROM t", "SELECT", Some("t"));
    check_in(Sqlite, r"SELECT '\' FROM t", "SELECT", Some("t"));
    check_in(Sqlite, "SELECT $a$, 1 FROM t", "SELECT", Some("t"));

    check_in(
        MySql,
        r"SELECT 'it\'s FROM x', ' FROM y' FROM `t`",
        "SELECT",
        Some("t"),
    );
    check_in(
        MySql,
        r#"SELECT " FROM \" FROM x" FROM `a b`.`t`"#,
        "SELECT",
        Some("t"),
    );
    check_in(
        MySql,
        "# it's\nSELECT 1--1 FROM t -- FROM x",
        "SELECT",
        Some("t"),
    );
    check_in(
        MySql,
        "UPDATE LOW_PRIORITY IGNORE t SET a = 1",
        "UPDATE",
        Some("t"),
    );
    check_in(MySql, "REPLACE DELAYED t VALUES (1)", "REPLACE", Some("t"));
    check_in(MySql, "LOCK TABLES t WRITE", "LOCK", Some("t"));
    check_in(
        MySql,
        "CREATE FULLTEXT INDEX i ON t (a)",
        "CREATE",
        Some("t"),
    );
}

#[test]
fn nothing_takes_long() {
    let started = std::time::Instant::now();
    for piece in [
        "[",
        "(",
        "$a",
        "$$",
        "$a$",
        "WITH a AS (",
        "'",
        "\"",
        "/*",
        "*/",
        "a.",
        "EXPLAIN (",
        ",",
        "FROM (",
        "SELECT (",
        "WITH a AS (SELECT 1 FROM a), ",
        "[]",
        "E'\\",
        "U&",
        "--\n",
        "#",
    ] {
        let sql = piece.repeat(20_000);
        for dialect in [
            Dialect::Sqlite,
            Dialect::Postgres,
            Dialect::MySql,
            Dialect::Unknown,
        ] {
            crate::sql::summary(&sql, dialect);
        }
    }
    // It takes some milliseconds. What took quadratic time would take minutes.
    let took = started.elapsed();
    assert!(took < std::time::Duration::from_secs(5), "{took:?}");
}
