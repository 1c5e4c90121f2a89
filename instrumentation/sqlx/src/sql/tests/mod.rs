mod dialects;
mod properties;
mod within;

use super::*;

fn summary(sql: &str) -> Summary<'_> {
    super::summary(sql, Dialect::Unknown)
}

#[track_caller]
fn check(sql: &str, command: &str, source: Option<&str>) {
    let summary = summary(sql);
    assert_eq!(
        (summary.command, summary.source),
        (command, source),
        "{sql}"
    );
}

#[test]
fn a_select_is_about_the_first_table() {
    check("SELECT * FROM users", "SELECT", Some("users"));
    check(
        "select u.id from users as u join orders o on o.id = u.id",
        "SELECT",
        Some("users"),
    );
    check("SELECT 1 FROM a, b", "SELECT", Some("a"));
    check("SELECT 1", "SELECT", None);
    check(
        "SELECT a FROM ONLY users WHERE x = ?",
        "SELECT",
        Some("users"),
    );
    check(
        "SELECT 1 UNION SELECT a FROM users",
        "SELECT",
        Some("users"),
    );
    check(
        "(SELECT a FROM users) UNION (SELECT a FROM old_users)",
        "SELECT",
        Some("users"),
    );
    check(
        "SELECT * FROM (users JOIN orders USING (id))",
        "SELECT",
        Some("users"),
    );
}

#[test]
fn a_from_that_is_none_is_not_followed() {
    check(
        "SELECT extract(year FROM born) FROM users",
        "SELECT",
        Some("users"),
    );
    check(
        "SELECT (SELECT max(id) FROM orders), 1 FROM users",
        "SELECT",
        Some("users"),
    );
    check(
        "SELECT a IS DISTINCT FROM b FROM users",
        "SELECT",
        Some("users"),
    );
    check(
        "SELECT ' FROM x', \"from\", m.from FROM users",
        "SELECT",
        Some("users"),
    );
    check("SELECT :from, @from FROM users", "SELECT", Some("users"));
    check(
        "SELECT 1 -- FROM x\n /* FROM y */ FROM users",
        "SELECT",
        Some("users"),
    );
    check("SELECT 1., 1.5, .5, 1. FROM users", "SELECT", Some("users"));
    check("SELECT 1; SELECT 2 FROM users", "SELECT", None);
    check("SELECT exists(SELECT 1 FROM users)", "SELECT", None);
    check("SELECT * FROM json_each(?)", "SELECT", None);
}

#[test]
fn quotes_and_schemas_are_not_part_of_the_source() {
    for table in [
        "users",
        "\"users\"",
        "`users`",
        "[users]",
        "main.users",
        "\"main\".\"users\"",
        "a.b . users",
        "main./* x */users",
    ] {
        check(&format!("SELECT * FROM {table}"), "SELECT", Some("users"));
        check(
            &format!("SELECT * FROM {table} WHERE 1"),
            "SELECT",
            Some("users"),
        );
        check(
            &format!("INSERT INTO {table}(a) VALUES (1)"),
            "INSERT",
            Some("users"),
        );
        check(
            &format!("UPDATE {table} SET a = 1"),
            "UPDATE",
            Some("users"),
        );
        check(&format!("DELETE FROM {table}"), "DELETE", Some("users"));
    }
    check(
        "SELECT * FROM \"order lines\"",
        "SELECT",
        Some("order lines"),
    );
    check("SELECT * FROM \"\"", "SELECT", None);
    check("SELECT * FROM main.", "SELECT", None);
}

#[test]
fn a_write_is_about_the_table_written_to() {
    check(
        "INSERT OR REPLACE INTO t SELECT * FROM u",
        "INSERT",
        Some("t"),
    );
    check(
        "INSERT INTO t DEFAULT VALUES RETURNING id",
        "INSERT",
        Some("t"),
    );
    check("REPLACE INTO t VALUES (1)", "REPLACE", Some("t"));
    check("INSERT t VALUES (1)", "INSERT", Some("t"));
    check("INSERT INTO VALUES (1)", "INSERT", None);
    check(
        "insert high_priority ignore t set a = 1",
        "INSERT",
        Some("t"),
    );
    check(
        "UPDATE OR IGNORE t SET a = (SELECT b FROM u)",
        "UPDATE",
        Some("t"),
    );
    check("UPDATE ONLY t SET a = 1 FROM u", "UPDATE", Some("t"));
    check(
        "DELETE FROM t WHERE id IN (SELECT id FROM u)",
        "DELETE",
        Some("t"),
    );
    check("MERGE INTO t USING u ON 1", "MERGE", Some("t"));
}

#[test]
fn a_table_is_created_altered_and_dropped() {
    check("CREATE TABLE t (a INT)", "CREATE", Some("t"));
    check(
        "CREATE TEMP TABLE IF NOT EXISTS main.t (a)",
        "CREATE",
        Some("t"),
    );
    check("create virtual table t using fts5(a)", "CREATE", Some("t"));
    check("ALTER TABLE t ADD COLUMN b", "ALTER", Some("t"));
    check("DROP TABLE IF EXISTS t", "DROP", Some("t"));
    check("TRUNCATE TABLE t", "TRUNCATE", Some("t"));
    check("TRUNCATE ONLY t", "TRUNCATE", Some("t"));
    check("CREATE INDEX i ON t (a)", "CREATE", Some("t"));
    check(
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"on\" ON ONLY main.t USING btree (a)",
        "CREATE",
        Some("t"),
    );
    check("DROP INDEX i", "DROP", None);
    check(
        "CREATE OR REPLACE VIEW v AS SELECT 1 FROM t",
        "CREATE",
        Some("v"),
    );
    check("DROP MATERIALIZED VIEW IF EXISTS v", "DROP", Some("v"));
    check(
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "REFRESH",
        Some("v"),
    );
    check(
        "CREATE TRIGGER a BEFORE INSERT ON t BEGIN SELECT 1; END",
        "CREATE",
        None,
    );
    check("LOCK TABLE ONLY t IN SHARE MODE", "LOCK", Some("t"));
}

#[test]
fn a_subquery_is_about_its_first_table() {
    check(
        "SELECT count(*) FROM (SELECT * FROM users LIMIT 9) AS page",
        "SELECT",
        Some("users"),
    );
    check(
        "SELECT * FROM ((SELECT 1 FROM (SELECT 2 FROM t)))",
        "SELECT",
        Some("t"),
    );
    check(
        "SELECT * FROM LATERAL (SELECT 1 FROM t)",
        "SELECT",
        Some("t"),
    );
    check("SELECT * FROM (SELECT 1) JOIN t", "SELECT", None);
    check("SELECT * FROM (VALUES (1), (2))", "SELECT", None);
}

#[test]
fn with_is_the_command_behind_it() {
    check(
        "WITH a AS (SELECT 1) SELECT * FROM users",
        "SELECT",
        Some("users"),
    );
    check(
        "WITH a AS (DELETE FROM x), b(c, d) AS (SELECT 1) INSERT INTO t SELECT 1",
        "INSERT",
        Some("t"),
    );
    check(
        "WITH a AS NOT MATERIALIZED (SELECT 1) UPDATE t SET a = 1",
        "UPDATE",
        Some("t"),
    );
    check("WITH a AS (SELECT 1) DELETE FROM t", "DELETE", Some("t"));
    check(
        "WITH replace AS (SELECT 1) SELECT * FROM t",
        "SELECT",
        Some("t"),
    );
    check(
        "WITH a AS (SELECT 1) SEARCH DEPTH FIRST BY id SET o SELECT 1 FROM t",
        "SELECT",
        Some("t"),
    );
    check("WITH a AS (SELECT 1)", "OTHER", None);
    check("WITH", "OTHER", None);
}

#[test]
fn a_name_defined_by_with_stands_for_its_first_table() {
    check(
        "WITH a AS (SELECT * FROM users) SELECT * FROM A",
        "SELECT",
        Some("users"),
    );
    check(
        "WITH a AS (SELECT 1 FROM t), b AS (SELECT 1 FROM a) SELECT * FROM b",
        "SELECT",
        Some("t"),
    );
    check(
        "WITH a AS (SELECT 1) SELECT * FROM a JOIN t",
        "SELECT",
        None,
    );
    check(
        "WITH users AS (SELECT 1 FROM t) SELECT * FROM main.users",
        "SELECT",
        Some("users"),
    );
    let recursive =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    check(recursive, "SELECT", None);
}

#[test]
fn every_other_command_is_known_or_other() {
    check("BEGIN IMMEDIATE", "BEGIN", None);
    check("start transaction", "BEGIN", None);
    check("End", "COMMIT", None);
    check("ROLLBACK TO s", "ROLLBACK", None);
    check("PRAGMA table_info(users)", "PRAGMA", None);
    check("LISTEN users", "LISTEN", None);
    check("SET search_path = users", "SET", None);
    check("EXECUTE users (1)", "EXECUTE", None);
    check(";;\n-- nothing\nVACUUM", "VACUUM", None);
    for other in [
        "",
        ";",
        "  ",
        "frobnicate",
        "\"SELECT\" 1",
        "'SELECT'",
        "42",
        "--",
        "other",
    ] {
        check(other, "OTHER", None);
    }
}

#[test]
fn only_the_beginning_of_a_huge_statement_is_read() {
    let columns = "a, ".repeat(lexer::MAX_READ);
    check(&format!("SELECT {columns} b FROM users"), "SELECT", None);
    check(
        &format!("INSERT INTO users VALUES ({columns} 1)"),
        "INSERT",
        Some("users"),
    );
    check(&"(".repeat(1_000_000), "OTHER", None);
    check(
        &format!("SELECT * FROM {}t", "(SELECT * FROM ".repeat(100_000)),
        "SELECT",
        None,
    );
    check(
        &format!("SELECT * FROM {}t", "(".repeat(100_000)),
        "SELECT",
        None,
    );
}

#[test]
fn a_long_name_is_cut_between_characters() {
    let name = format!("a{}", "ü".repeat(100));
    let sql = format!("SELECT * FROM {name}");
    let source = summary(&sql).source.unwrap();
    assert_eq!(source.len(), MAX_SOURCE_LEN - 1);
    assert!(name.starts_with(source));
}
