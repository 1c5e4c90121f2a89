//! Users and their to-do items, read in a good way and in a bad one.

use super::Store;

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
    /// The first twenty users with their items, in one query.
    pub(crate) async fn users_in_one_query(&self) -> Result<Vec<User>, sqlx::Error> {
        let rows: Vec<(i64, String, Option<String>, Option<i32>)> = sqlx::query_as(
            "SELECT users.id, users.name, todo_items.title, todo_items.done \
             FROM (SELECT id, name FROM users ORDER BY id LIMIT 20) AS users \
             LEFT JOIN todo_items ON todo_items.user_id = users.id \
             ORDER BY users.id, todo_items.id",
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
                user.items.push(Item {
                    title,
                    done: done != 0,
                });
            }
        }
        Ok(users)
    }

    /// The same, as it is written when nobody looks: one query for the users, and one more for
    /// each of them. The N+1 problem.
    pub(crate) async fn users_one_by_one(&self) -> Result<Vec<User>, sqlx::Error> {
        let users: Vec<(i64, String)> =
            sqlx::query_as("SELECT id, name FROM users ORDER BY id LIMIT 20")
                .fetch_all(&self.pool)
                .await?;
        let mut all = Vec::with_capacity(users.len());
        for (id, name) in users {
            let items: Vec<(String, i32)> =
                sqlx::query_as("SELECT title, done FROM todo_items WHERE user_id = $1 ORDER BY id")
                    .bind(id)
                    .fetch_all(&self.pool)
                    .await?;
            let items = items
                .into_iter()
                .map(|(title, done)| Item {
                    title,
                    done: done != 0,
                })
                .collect();
            all.push(User { id, name, items });
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::seed;

    #[tokio::test]
    async fn both_ways_find_the_same() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let fast = store.users_in_one_query().await.unwrap();
        assert_eq!(fast.len(), seed::USERS.len());
        assert!(fast.iter().any(|user| user.items.len() > 1));
        assert_eq!(store.users_one_by_one().await.unwrap(), fast);
    }
}
