//! The database: users and their to-do items, read in a good way and in a bad one.

mod connect;
mod seed;

use std::sync::Arc;

use sqlx::Sqlite;
use sqlx::sqlite::SqliteConnection;
use telemetry_sqlx::Pool;

pub(crate) use connect::DatabaseError;

/// The database. Every query of the application goes through a pool that makes an event of it.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: Pool<Sqlite>,
    /// Keeps a database in memory alive; only for that.
    _keeper: Arc<Option<SqliteConnection>>,
}

/// A user with the to-do items of theirs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) items: Vec<Item>,
}

/// Something to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) title: String,
    pub(crate) done: bool,
}

impl Store {
    pub(crate) async fn open(url: &str) -> Result<Self, DatabaseError> {
        let connect::Opened { pool, keeper } = connect::open(url).await?;
        Ok(Self {
            pool,
            _keeper: Arc::new(keeper),
        })
    }

    /// All users with their items, in one query.
    pub(crate) async fn users_in_one_query(&self) -> Result<Vec<User>, sqlx::Error> {
        let rows: Vec<(i64, String, Option<String>, Option<bool>)> = sqlx::query_as(
            "SELECT users.id, users.name, items.title, items.done \
             FROM users LEFT JOIN items ON items.user_id = users.id \
             ORDER BY users.id, items.id",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut users: Vec<User> = Vec::new();
        for (id, name, title, done) in rows {
            if users.last().is_none_or(|user| user.id != id) {
                users.push(User {
                    id,
                    name,
                    items: Vec::new(),
                });
            }
            if let (Some(user), Some(title), Some(done)) = (users.last_mut(), title, done) {
                user.items.push(Item { title, done });
            }
        }
        Ok(users)
    }

    /// The same, as it is written when nobody looks: one query for the users, and one more for
    /// each of them. The N+1 problem.
    pub(crate) async fn users_one_by_one(&self) -> Result<Vec<User>, sqlx::Error> {
        let users: Vec<(i64, String)> = sqlx::query_as("SELECT id, name FROM users ORDER BY id")
            .fetch_all(&self.pool)
            .await?;
        let mut all = Vec::with_capacity(users.len());
        for (id, name) in users {
            let items: Vec<(String, bool)> =
                sqlx::query_as("SELECT title, done FROM items WHERE user_id = ? ORDER BY id")
                    .bind(id)
                    .fetch_all(&self.pool)
                    .await?;
            let items = items
                .into_iter()
                .map(|(title, done)| Item { title, done })
                .collect();
            all.push(User { id, name, items });
        }
        Ok(all)
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_ways_find_the_same() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let fast = store.users_in_one_query().await.unwrap();
        assert_eq!(fast.len(), seed::USERS.len());
        assert!(fast.iter().any(|user| user.items.len() > 1));
        assert_eq!(store.users_one_by_one().await.unwrap(), fast);
    }
}
