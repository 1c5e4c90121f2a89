//! The to-do items of one user, to be changed by that user only.

use super::Store;

/// Something to do, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Todo {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) done: bool,
}

/// How many items a user may have.
const TODOS_EACH: i64 = 100;

impl Store {
    /// A user's items, the oldest first.
    pub(crate) async fn todos(&self, user_id: i64) -> Result<Vec<Todo>, sqlx::Error> {
        let rows: Vec<(i64, String, i32)> =
            sqlx::query_as("SELECT id, title, done FROM todo_items WHERE user_id = $1 ORDER BY id")
                .bind(user_id)
                .fetch_all(&self.pool)
                .await?;
        let todo = |(id, title, done)| Todo {
            id,
            title,
            done: done != 0,
        };
        Ok(rows.into_iter().map(todo).collect())
    }

    /// Adds an item; `false` if there are [`TODOS_EACH`] already.
    pub(crate) async fn add_todo(&self, user_id: i64, title: &str) -> Result<bool, sqlx::Error> {
        // Two at once may both find room. A few more do no harm.
        let added = sqlx::query(
            "INSERT INTO todo_items (user_id, title, done) SELECT id, $2, 0 FROM users \
             WHERE id = $1 AND (SELECT count(*) FROM todo_items WHERE user_id = $1) < $3",
        )
        .bind(user_id)
        .bind(title)
        .bind(TODOS_EACH)
        .execute(&self.pool)
        .await?;
        Ok(added.rows_affected() > 0)
    }

    /// Ticks an item, or takes the tick away; `false` if the user has no such item.
    pub(crate) async fn tick_todo(
        &self,
        user_id: i64,
        id: i64,
        done: bool,
    ) -> Result<bool, sqlx::Error> {
        let ticked = sqlx::query("UPDATE todo_items SET done = $3 WHERE id = $1 AND user_id = $2")
            .bind(id)
            .bind(user_id)
            .bind(i32::from(done))
            .execute(&self.pool)
            .await?;
        Ok(ticked.rows_affected() > 0)
    }

    /// Deletes an item; `false` if the user has no such item.
    pub(crate) async fn delete_todo(&self, user_id: i64, id: i64) -> Result<bool, sqlx::Error> {
        let deleted = sqlx::query("DELETE FROM todo_items WHERE id = $1 AND user_id = $2")
            .bind(id)
            .bind(user_id)
            .execute(&self.pool)
            .await?;
        Ok(deleted.rows_affected() > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn items_belong_to_one_user() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let before = store.todos(1).await.unwrap().len();
        assert!(store.add_todo(1, "Rest").await.unwrap());
        let todos = store.todos(1).await.unwrap();
        assert_eq!(todos.len(), before + 1);
        let Todo { id, title, done } = todos.last().unwrap().clone();
        assert_eq!((title.as_str(), done), ("Rest", false));

        assert!(!store.tick_todo(2, id, true).await.unwrap());
        assert!(!store.delete_todo(2, id).await.unwrap());
        assert!(store.tick_todo(1, id, true).await.unwrap());
        assert!(store.todos(1).await.unwrap().last().unwrap().done);
        assert!(store.tick_todo(1, id, false).await.unwrap());
        assert!(!store.todos(1).await.unwrap().last().unwrap().done);
        assert!(store.delete_todo(1, id).await.unwrap());
        assert!(!store.delete_todo(1, id).await.unwrap());
    }

    #[tokio::test]
    async fn a_user_has_only_so_many_items_and_nobody_has_none() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        while store.add_todo(1, "More").await.unwrap() {}
        assert_eq!(store.todos(1).await.unwrap().len() as i64, TODOS_EACH);
        assert!(!store.add_todo(4711, "Nobody's").await.unwrap());
    }
}
