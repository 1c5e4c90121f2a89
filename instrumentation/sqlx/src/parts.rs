//! A query taken apart, so that its text can be read.
//!
//! `Execute::sql` consumes the query, and the driver wants to call it, too. So what a driver would
//! take from the query is taken here, in the order in which drivers take it (the answer of
//! `persistent` may depend on it), and handed on from here.

use sqlx::error::BoxDynError;
use sqlx::{Database, Execute, SqlStr};

pub(crate) struct Parts<DB: Database> {
    sql: SqlStr,
    statement: Option<DB::Statement>,
    arguments: Result<Option<DB::Arguments>, BoxDynError>,
    persistent: bool,
}

impl<DB: Database> Parts<DB> {
    pub(crate) fn of<'q>(mut query: impl Execute<'q, DB>) -> Self {
        let statement = query.statement().cloned();
        let arguments = query.take_arguments();
        let persistent = query.persistent();
        Self {
            sql: query.sql(),
            statement,
            arguments,
            persistent,
        }
    }

    pub(crate) fn text(&self) -> &str {
        self.sql.as_str()
    }
}

impl<DB: Database> Execute<'_, DB> for Parts<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.statement.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        std::mem::replace(&mut self.arguments, Ok(None))
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Executor, Sqlite, SqlitePool, Statement};

    use super::*;

    #[test]
    fn the_driver_is_told_what_the_query_would_have_told_it() {
        let sql = "SELECT ?";
        let mut parts = Parts::<Sqlite>::of(sqlx::query(sql).bind(1));
        assert!(parts.persistent() && parts.statement().is_none());
        assert!(parts.take_arguments().unwrap().is_some());
        assert!(parts.take_arguments().unwrap().is_none(), "taken is taken");
        assert_eq!(parts.text(), sql);
        assert_eq!(parts.sql().as_str(), sql);

        assert!(!Parts::<Sqlite>::of(sqlx::query(sql).persistent(false)).persistent());
        // No arguments at all is how a driver learns not to prepare.
        let mut raw = Parts::<Sqlite>::of(sqlx::raw_sql(sql));
        assert!(raw.take_arguments().unwrap().is_none());
    }

    #[tokio::test]
    async fn a_prepared_statement_stays_prepared() {
        let pool = SqlitePool::connect("sqlite::memory:").await.unwrap();
        let statement = pool
            .prepare(SqlStr::from_static("SELECT 1 AS one"))
            .await
            .unwrap();
        let parts = Parts::<Sqlite>::of(statement.query());
        assert_eq!(parts.statement().unwrap().columns().len(), 1);
        assert_eq!(parts.sql().as_str(), "SELECT 1 AS one");
    }
}
