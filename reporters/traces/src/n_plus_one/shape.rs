//! [`Shape`]: what is known of a statement, found out once per text.

use super::normal::{Lexer, Token, at_most, normalise};

/// As much of a statement is read, in bytes. What comes behind is mostly rows of values.
pub(super) const MAX_READ: usize = 8 * 1024;

/// As much of a normal form is kept, in bytes.
pub(super) const MAX_KEPT: usize = 1024;

/// As much of the names of a repository, a table and a database system is kept, in bytes.
pub(super) const MAX_NAME: usize = 128;

/// A list of so many values is a batch already, and a loop of batches is no N+1.
const BATCH: u32 = 100;

/// A statement, whatever its values are.
#[derive(Debug)]
pub(super) struct Shape {
    /// Of the whole normal form, and of the repository: two databases are not asked together.
    pub(super) id: u64,
    /// The normal form, cut.
    pub(super) statement: Box<str>,
    pub(super) repo: Option<Box<str>>,
    pub(super) source: Option<Box<str>>,
    pub(super) system: Option<Box<str>>,
    pub(super) kind: Kind,
    /// It asks for the next rows of many, behind some place.
    pub(super) pages: bool,
}

/// What a statement does, as far as loops of it are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It reads rows of tables.
    Read,
    /// It changes rows.
    Write,
    /// Nothing that could be asked for together: transactions, settings, pings, sequences, the
    /// claim of a job.
    Other,
}

/// What an event says of a query's statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked<'e> {
    pub(super) statement: &'e str,
    pub(super) repo: Option<&'e str>,
    pub(super) source: Option<&'e str>,
    pub(super) system: Option<&'e str>,
    pub(super) command: Option<&'e str>,
}

impl<'e> Asked<'e> {
    /// As much of it as is looked at.
    pub(super) fn cut(self) -> Self {
        let name = |name: &'e str| at_most(name, MAX_NAME);
        Self {
            statement: at_most(self.statement, MAX_READ),
            repo: self.repo.map(name),
            source: self.source.map(name),
            system: self.system.map(name),
            command: self.command,
        }
    }
}

impl Shape {
    pub(super) fn of(asked: &Asked<'_>, hash: impl Fn(&(&str, Option<&str>)) -> u64) -> Self {
        let mut normal = normalise(asked.statement);
        let is_cut = asked.statement.len() + 4 > MAX_READ;
        // Where a text was cut depends on how long its values are.
        let known_by = if is_cut { MAX_READ / 2 } else { usize::MAX };
        let id = hash(&(at_most(&normal, known_by), asked.repo));
        if normal.len() > MAX_KEPT {
            normal.truncate(at_most(&normal, MAX_KEPT - '…'.len_utf8()).len());
            normal.push('…');
        }
        let mut signs = Signs::of(asked.statement);
        // The tables may be in the rest.
        signs.has_from |= is_cut;
        Self {
            id,
            statement: normal.into(),
            repo: asked.repo.map(Into::into),
            source: asked.source.map(Into::into),
            system: asked.system.map(Into::into),
            kind: signs.kind(asked.command),
            pages: signs.limits && (signs.has_offset || signs.has_range),
        }
    }

    /// What it takes, roughly.
    pub(super) fn bytes(&self) -> usize {
        let len = |name: &Option<Box<str>>| name.as_deref().map_or(0, str::len);
        let names = len(&self.repo) + len(&self.source) + len(&self.system);
        size_of::<Self>() + self.statement.len() + names
    }
}

/// What a walk over the tokens finds.
#[derive(Debug, Default)]
struct Signs<'s> {
    first: Option<&'s str>,
    has_from: bool,
    changes: bool,
    limits: bool,
    has_offset: bool,
    has_range: bool,
    skips_locked: bool,
    longest_list: u32,
    lists: Vec<List>,
}

/// What is in parentheses or brackets that are open.
#[derive(Debug, Default)]
struct List {
    /// Items with a value in them, however deep.
    items: u32,
    /// Whether the current item has one.
    has_value: bool,
}

impl<'s> Signs<'s> {
    fn of(statement: &'s str) -> Self {
        let mut signs = Self::default();
        // `<` and `>` with `=` or nothing behind; not `->`, `@>` or `<>`.
        let mut operator = Compare::Not;
        let mut behind = Token::Semicolon;
        for (token, _) in Lexer::new(statement) {
            if let Token::Word(word) = token {
                signs.word(word, behind);
            }
            signs.list(token);
            signs.has_range |= token == Token::Value && operator == Compare::Range;
            operator = match (token, operator) {
                (Token::Operator('<' | '>'), Compare::Not) => Compare::Range,
                (Token::Operator('='), Compare::Range) => Compare::Range,
                (Token::Operator(_), _) => Compare::Other,
                _ => Compare::Not,
            };
            behind = token;
        }
        // Of a text that was cut.
        while !signs.lists.is_empty() {
            signs.close_list();
        }
        signs
    }

    fn list(&mut self, token: Token<'_>) {
        match token {
            Token::Open | Token::OpenBracket => self.lists.push(List::default()),
            Token::Close | Token::CloseBracket => self.close_list(),
            Token::Comma => {
                if let Some(list) = self.lists.last_mut() {
                    list.items += u32::from(std::mem::take(&mut list.has_value));
                }
            }
            Token::Value => {
                if let Some(list) = self.lists.last_mut() {
                    list.has_value = true;
                }
            }
            _ => {}
        }
    }

    fn close_list(&mut self) {
        let Some(list) = self.lists.pop() else { return };
        let items = list.items + u32::from(list.has_value);
        self.longest_list = self.longest_list.max(items);
        if let Some(around) = self.lists.last_mut() {
            around.has_value |= items > 0;
        }
    }

    fn word(&mut self, word: &'s str, behind: Token<'_>) {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        self.first = self.first.or(Some(word));
        self.has_from |= is("from");
        self.limits |= is("limit") || is("fetch");
        self.has_offset |= is("offset");
        self.changes |= ["insert", "update", "delete", "merge"].iter().any(|one| is(one))
            // `FOR UPDATE` is a read.
            && !matches!(behind, Token::Word(before) if before.eq_ignore_ascii_case("for"));
        self.skips_locked |= is("locked")
            && matches!(behind, Token::Word(before) if before.eq_ignore_ascii_case("skip"));
    }

    /// `command` is what the instrumentation found, which knows better than the first word.
    fn kind(&self, command: Option<&str>) -> Kind {
        let command = command.or(self.first).unwrap_or_default();
        let is = |commands: &[&str]| commands.iter().any(|one| one.eq_ignore_ascii_case(command));
        // `WITH gone AS (DELETE ..) SELECT ..` is a `SELECT` for the instrumentation.
        let with = self
            .first
            .is_some_and(|first| first.eq_ignore_ascii_case("with"));
        let changes = with && self.changes;
        let reads = is(&["select", "with"]) && !changes;
        if reads && self.has_from && !self.skips_locked && self.longest_list < BATCH {
            Kind::Read
        } else if is(&["insert", "update", "delete", "replace", "merge"]) || changes {
            Kind::Write
        } else {
            Kind::Other
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Not,
    Range,
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(statement: &str) -> Shape {
        let asked = Asked {
            statement,
            repo: None,
            source: None,
            system: None,
            command: None,
        };
        Shape::of(&asked.cut(), |_| 0)
    }

    #[test]
    fn only_what_could_be_asked_together_is_a_read() {
        let batch = format!(
            "select a from t where id in ({})",
            vec!["?"; 100].join(", ")
        );
        let cases = [
            ("SELECT a FROM t WHERE id = ?", Kind::Read),
            ("(select a from t) union (select b from t)", Kind::Read),
            ("with x as (select 1) select * from x", Kind::Read),
            ("select a from t where id = $1 for update", Kind::Read),
            ("select a from t where id in (1, 2, 3)", Kind::Read),
            (&batch, Kind::Other),
            (
                "select a from jobs limit 1 for update skip locked",
                Kind::Other,
            ),
            ("select 1", Kind::Other),
            ("select nextval('s')", Kind::Other),
            ("BEGIN", Kind::Other),
            ("insert into t select a from u", Kind::Write),
            (
                "with x as (delete from t returning *) select * from x",
                Kind::Write,
            ),
            ("select \"with\", insert(a, 1, 2, b) from t", Kind::Read),
            ("", Kind::Other),
        ];
        for (statement, kind) in cases {
            assert_eq!(shape(statement).kind, kind, "{statement}");
        }
        let lists = [
            "$1::int, ".repeat(100),
            "lower(?), ".repeat(100),
            "(?, 1), ".repeat(100),
        ];
        for list in &lists {
            let statement = |list: &str| format!("select a from t where id in ({list} 1)");
            assert_eq!(shape(&statement(list)).kind, Kind::Other, "{list}");
            let short = list.split_at(list.len() / 2).0;
            assert_eq!(shape(&statement(short)).kind, Kind::Read, "{short}");
        }
    }

    #[test]
    fn a_select_that_changes_rows_is_a_write_whatever_it_is_called() {
        let kind = |statement| {
            let asked = Asked {
                statement,
                repo: None,
                source: None,
                system: None,
                command: Some("SELECT"),
            };
            Shape::of(&asked, |_| 0).kind
        };
        let writes = [
            "WITH gone AS (DELETE FROM t WHERE id = $1 RETURNING *) SELECT * FROM gone",
            "with new as (insert into t values ($1) on conflict do nothing returning id) \
             select id from new union all select id from t where name = $1",
        ];
        assert_eq!(writes.map(kind), [Kind::Write; 2]);
        let reads = [
            "with x as (select a from t for update) select * from x",
            "select a from t where update = 1",
        ];
        assert_eq!(reads.map(kind), [Kind::Read; 2]);
    }

    #[test]
    fn a_statement_pages_if_it_limits_what_comes_behind_a_place() {
        let pages = [
            "select a from t order by id limit 10 offset ?",
            "select a from t where id > ? order by id limit ?",
            "select a from t where id <= $1 order by id fetch first 10 rows only",
        ];
        let does_not = [
            "select a from t where user_id = ? order by id desc limit 1",
            "select a from t where id > ?",
            "select a -> 'x' from t where a ->> ? = ? and b @> ? and c <> ? limit 1",
        ];
        assert!(pages.iter().all(|statement| shape(statement).pages));
        assert!(!does_not.iter().any(|statement| shape(statement).pages));
    }

    #[test]
    fn a_hostile_statement_is_cut() {
        let long = shape(&format!("select {} from t", "ü".repeat(500_000)));
        assert!(long.statement.len() <= MAX_KEPT && long.statement.ends_with('…'));
        let list = |n: usize| shape(&format!("select a from t where id in ({})", "1,".repeat(n)));
        assert_eq!(list(500_000).statement, list(200_000).statement);
    }
}
