//! Statements and queries within others.

use super::*;

#[test]
fn a_statement_within_another_has_the_table() {
    for explain in [
        "EXPLAIN",
        "EXPLAIN ANALYZE",
        "EXPLAIN QUERY PLAN",
        "explain (analyze, format json)",
        "EXPLAIN FORMAT=JSON",
        "EXPLAIN ANALYZE VERBOSE (",
    ] {
        for statement in [
            "SELECT * FROM t",
            "DELETE FROM main.t",
            "WITH a AS (SELECT 1) UPDATE t",
        ] {
            check(&format!("{explain} {statement}"), "EXPLAIN", Some("t"));
        }
    }
    check("EXPLAIN EXECUTE one", "EXPLAIN", None);
    check("EXPLAIN users", "EXPLAIN", None);
    check(
        "PREPARE one (int, text) AS SELECT * FROM t",
        "PREPARE",
        Some("t"),
    );
    check("PREPARE one FROM 'SELECT * FROM t'", "PREPARE", None);
    check(
        "DECLARE c NO SCROLL CURSOR FOR SELECT * FROM t",
        "DECLARE",
        Some("t"),
    );
    check("COPY main.t (a, b) FROM STDIN", "COPY", Some("t"));
    check("COPY (SELECT * FROM t) TO STDOUT", "COPY", Some("t"));
    check(&"EXPLAIN CREATE ".repeat(600), "EXPLAIN", None);
    check(
        &format!("{}SELECT 1 FROM t", "DECLARE FOR ".repeat(99)),
        "DECLARE",
        None,
    );
}

#[test]
fn whatever_writes_behind_with_is_a_table_expression_too() {
    check(
        "WITH moved AS (DELETE FROM old RETURNING *) SELECT * FROM moved",
        "SELECT",
        Some("old"),
    );
    check(
        "WITH moved AS (DELETE FROM old RETURNING *) INSERT INTO new SELECT * FROM moved",
        "INSERT",
        Some("new"),
    );
    check(
        "WITH a AS (WITH b AS (SELECT 1 FROM t) SELECT * FROM b) SELECT * FROM a",
        "SELECT",
        Some("t"),
    );
    check(
        "WITH a AS (WITH b AS (SELECT 1 FROM t) SELECT 1) SELECT * FROM b",
        "SELECT",
        Some("b"),
    );
    check(
        "WITH a(x) AS (VALUES (1), (2)) SELECT * FROM a",
        "SELECT",
        None,
    );
    check("WITH a AS (TABLE t) TABLE a", "SELECT", Some("t"));
    check(
        "SELECT * FROM (WITH a AS (SELECT 1 FROM t) SELECT * FROM a) AS b",
        "SELECT",
        Some("t"),
    );
    check(
        "WITH a AS (SELECT 1) SEARCH BREADTH FIRST BY (SELECT) SET o SELECT 1 FROM t",
        "SELECT",
        Some("t"),
    );
    check(
        "WITH RECURSIVE tree(id) AS (SELECT id FROM nodes UNION ALL SELECT n.id FROM nodes n, tree) \
         SELECT * FROM tree",
        "SELECT",
        Some("nodes"),
    );
    let many: String = (0..400).map(|n| format!("a{n} AS (SELECT 1), ")).collect();
    check(
        &format!("WITH {many} z AS (SELECT 1) SELECT 1 FROM z"),
        "SELECT",
        None,
    );
}

#[test]
fn what_stands_behind_from_may_be_wrapped() {
    check("SELECT * FROM ONLY (t)", "SELECT", Some("t"));
    check("SELECT * FROM (ONLY t JOIN u ON 1)", "SELECT", Some("t"));
    check("SELECT * FROM LATERAL f(1), t", "SELECT", None);
    check("SELECT * FROM ROWS FROM (f(1))", "SELECT", None);
    check("SELECT * FROM rows", "SELECT", Some("rows"));
    check("DELETE FROM ONLY t USING u WHERE 1", "DELETE", Some("t"));
    check("UPDATE t SET a = u.a FROM u", "UPDATE", Some("t"));
    check(
        "MERGE INTO ONLY t USING (SELECT * FROM u) s ON 1",
        "MERGE",
        Some("t"),
    );
    check(
        "SELECT trim(both FROM a), substring(a FROM 2) FROM t",
        "SELECT",
        Some("t"),
    );
    check(
        "SELECT a[1], ARRAY[b], '{FROM x}'::text[] FROM t",
        "SELECT",
        Some("t"),
    );
}
