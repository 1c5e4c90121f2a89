//! [`Origin`]: what all statements of a pool or connection have in common.

use std::any::Any;
use std::sync::Arc;

use sqlx::{AnyConnection, Database};
use telemetry::{EventName, NameError};

use crate::sql::Dialect;

/// Cheap to clone: statements outlive the borrow of what they were handed to.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) query: EventName,
    pub(crate) transaction: EventName,
    pub(crate) repo: Arc<str>,
    /// Whether the text of a statement is told.
    pub(crate) statements: bool,
    pub(crate) dialect: Dialect,
}

impl Origin {
    pub(crate) fn new<DB: Database>(prefix: &str) -> Result<Self, NameError> {
        Ok(Self {
            query: EventName::new(&format!("{prefix}.query"))?,
            transaction: EventName::new(&format!("{prefix}.transaction"))?,
            repo: prefix.rsplit('.').next().unwrap_or(prefix).into(),
            statements: true,
            dialect: Dialect::of(DB::NAME),
        })
    }

    /// Of a connection that is there, and knows what sqlx's `Any` turned out to be.
    pub(crate) fn of<DB: Database>(
        connection: &DB::Connection,
        prefix: &str,
    ) -> Result<Self, NameError> {
        let mut origin = Self::new::<DB>(prefix)?;
        let connection: &dyn Any = connection;
        if let Some(any) = connection.downcast_ref::<AnyConnection>() {
            origin.dialect = Dialect::of(any.backend_name());
        }
        Ok(origin)
    }

    pub(crate) fn observes_queries(&self) -> bool {
        self.query.is_observed_as_span()
    }
}
