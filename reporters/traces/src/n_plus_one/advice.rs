//! What to write instead.

use std::fmt::Write as _;
use std::ops::Range;

use super::finding::Finding;
use super::normal::{Lexer, Token};

pub(super) fn of(finding: &Finding) -> String {
    let statement = &*finding.statement;
    let text = format!(
        "`{statement}` ran {} times ({:.1?} in all)",
        finding.count, finding.total_time
    );
    let query = Query::of(statement);
    let table = finding.source.as_deref().or(query.table);
    let table = table.map_or("the table".to_owned(), |table| format!("`{table}`"));
    let first = statement.split(' ').next().unwrap_or_default();
    let what = match (first, &query.key) {
        ("insert" | "replace", _) => {
            ", a row at a time. Write them in one statement: `values (..), (..)` with many rows, or in \
             PostgreSQL `select * from unnest(..)` of one array per column."
                .to_owned()
        }
        ("update" | "delete" | "merge", Some(key)) => format!(
            ", a row at a time. Change them in one statement: `where {0} in (..)`; or, if each row gets \
             values of its own, join {table} to a list of them (`update .. from (values ..)`).",
            key.name
        ),
        ("update" | "delete" | "merge", None) => {
            ", a row at a time. Change all of them in one statement.".to_owned()
        }
        (_, Some(key)) => read(&query, key, &table),
        (_, None) if query.has_values => format!(
            ", with other values each time. Load everything that is needed of {table} in one query \
             before the loop, or join it to the query whose rows the loop goes through."
        ),
        (_, None) => {
            ", and is the same each time. Run it once, before the loop, and keep the result."
                .to_owned()
        }
    };
    text + &what
}

/// A query of one key at a time.
fn read(query: &Query<'_>, key: &Key<'_>, table: &str) -> String {
    let name = key.name;
    let mut what = match key.is_list {
        true => format!(
            ", each time for another list of `{name}`. Collect the values first, and ask once"
        ),
        false => {
            let (before, behind) = (&query.text[..key.place.start], &query.text[key.place.end..]);
            let short = query.text.len() <= 200 && !query.text.ends_with('…');
            match short {
                true => format!(
                    ", each time for another `{name}`. Ask for all of them at once, before the loop: \
                     `{before}{name} in (..){behind}`"
                ),
                false => format!(
                    ", each time for another `{name}`. Ask for all of them at once, before the loop, with \
                     `where {name} in (..)`"
                ),
            }
        }
    };
    let _ = write!(
        what,
        " (`{name} = any($1)` with an array in PostgreSQL), and sort the rows out by `{name}`; or join \
         {table} to the query that the values of `{name}` come from."
    );
    if query.limits {
        let _ = write!(
            what,
            " Its `limit` would hold for all together: number the rows of each with `row_number() over \
             (partition by {name} ..)`, or use a lateral join."
        );
    } else if query.aggregates {
        let _ = write!(what, " Select `{name}` too, and add `group by {name}`.");
    }
    what
}

/// What is found in a normal form.
struct Query<'s> {
    text: &'s str,
    table: Option<&'s str>,
    key: Option<Key<'s>>,
    has_values: bool,
    limits: bool,
    aggregates: bool,
}

/// The column that is compared.
struct Key<'s> {
    name: &'s str,
    /// The whole comparison.
    place: Range<usize>,
    is_list: bool,
}

impl<'s> Query<'s> {
    fn of(text: &'s str) -> Self {
        let mut query = Self {
            text,
            table: None,
            key: None,
            has_values: false,
            limits: false,
            aggregates: false,
        };
        let tokens: Vec<(Token<'s>, Range<usize>)> = Lexer::new(text).collect();
        let mut conditions = false;
        // Where the name that was read last begins and ends, with what it is qualified by.
        let mut name: Option<Range<usize>> = None;
        for (at, (token, place)) in tokens.iter().enumerate() {
            let next = |ahead: usize| tokens.get(at + ahead).map(|(token, _)| *token);
            query.has_values |= *token == Token::Value;
            if let Token::Word(word) = token {
                conditions |= matches!(*word, "where" | "on");
                query.limits |= matches!(*word, "limit" | "fetch");
                query.aggregates |= matches!(*word, "count" | "sum" | "min" | "max" | "avg")
                    && next(1) == Some(Token::Open);
                if *word == "group" {
                    query.aggregates = false;
                }
            }
            let behind_dot = at > 0 && tokens[at - 1].0 == Token::Dot;
            name = match (token, name) {
                (Token::Word(_) | Token::Quoted(_), Some(name)) if behind_dot => {
                    Some(name.start..place.end)
                }
                (Token::Word(_) | Token::Quoted(_), _) => Some(place.clone()),
                (Token::Dot, name) => name,
                _ => None,
            };
            let Some(name) = &name else { continue };
            if query.table.is_none() && behind_from(&tokens, at) && next(1) != Some(Token::Dot) {
                query.table = text
                    .get(name.clone())
                    .map(|name| name.trim_matches(['"', '`']));
            }
            let (len, is_list) = match (next(1), next(2)) {
                (Some(Token::Operator('=')), Some(Token::Value)) => (2, false),
                (Some(Token::Operator('=')), Some(Token::Word("any"))) => (2, true),
                (Some(Token::Word("in")), Some(Token::Open)) if next(3) == Some(Token::Value) => {
                    (2, true)
                }
                _ => continue,
            };
            let (Some(key), Some((_, end))) = (text.get(name.clone()), tokens.get(at + len)) else {
                continue;
            };
            // Of several, the one that looks like what rows are found by; the last is the narrowest.
            let known = query.key.as_ref().is_some_and(|known| is_id(known.name));
            if conditions && (is_id(key) || !known) {
                query.key = Some(Key {
                    name: key,
                    place: name.start..end.end,
                    is_list,
                });
            }
        }
        query
    }
}

/// Whether the name that ends here began right behind `from`.
fn behind_from(tokens: &[(Token<'_>, Range<usize>)], at: usize) -> bool {
    let mut first = at;
    while first >= 2 && tokens[first - 1].0 == Token::Dot {
        first -= 2;
    }
    first >= 1 && tokens[first - 1].0 == Token::Word("from")
}

fn is_id(name: &str) -> bool {
    let name = name.trim_end_matches(['"', '`']);
    let tail = name.get(name.len().saturating_sub(2)..);
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case("id"))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::finding::Finding;
    use crate::normalise;

    #[track_caller]
    fn check(statement: &str, says: &[&str]) {
        let finding = Finding {
            statement: normalise(statement),
            count: 20,
            total_time: Duration::from_micros(3200),
            parent: None,
            route: None,
            repo: None,
            source: None,
            system: None,
            context: telemetry::SpanContext::new_root(),
            at: SystemTime::now(),
        };
        let advice = finding.advice();
        let head = format!("`{}` ran 20 times (3.2ms in all), ", finding.statement);
        assert!(advice.starts_with(&head), "{advice}");
        for part in says {
            assert!(advice.contains(part), "`{part}` in: {advice}");
        }
    }

    #[test]
    fn a_query_by_key_is_told_how_to_ask_for_many_keys() {
        check(
            "SELECT t.title FROM todo_items t WHERE t.done = 0 AND t.user_id = ? ORDER BY t.id",
            &[
                "`select t.title from todo_items t where t.done = ? and t.user_id in (..) order by t.id`",
                "`t.user_id = any($1)`",
                "join `todo_items`",
            ],
        );
        check(
            r#"SELECT * FROM "App"."Users" WHERE "Name" = $1"#,
            &[r#"where "Name" in (..)`"#],
        );
        check(
            "select a from t where id = any($1)",
            &["another list of `id`", "join `t`"],
        );
        check(
            "select a from t where id in ($1, $2)",
            &["another list of `id`"],
        );
    }

    #[test]
    fn limits_and_aggregates_have_advice_of_their_own() {
        check(
            "select a from t where user_id = ? order by at desc limit 1",
            &["partition by user_id", "lateral"],
        );
        check(
            "select count(*) from t where user_id = ?",
            &["group by user_id"],
        );
    }

    #[test]
    fn what_is_the_same_each_time_is_to_run_once() {
        check("select a from settings", &["the same each time", "once"]);
        check("select a from t where a > ?", &["other values", "`t`"]);
    }

    #[test]
    fn writes_are_told_to_write_many_rows() {
        check("insert into t (a) values (?)", &["unnest"]);
        check("update t set a = ? where id = ?", &["where id in (..)"]);
        check("delete from t", &["in one statement"]);
    }
}
