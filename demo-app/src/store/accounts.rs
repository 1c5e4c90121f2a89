//! What log-in and sessions need.
//!
//! Users are made by the event-driven part, in the transaction that stores the event.

use super::{Store, now};

/// Somebody with a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedIn {
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// How many sessions a user may have; beyond it the oldest end.
const SESSIONS_EACH: i64 = 10;

impl Store {
    /// The id and the password hash of a user. Those who were there from the beginning have none.
    pub(crate) async fn credentials(
        &self,
        name: &str,
    ) -> Result<Option<(i64, Option<String>)>, sqlx::Error> {
        sqlx::query_as("SELECT id, password_hash FROM users WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
    }

    /// Begins a session, and forgets those that are over.
    pub(crate) async fn open_session(
        &self,
        token_hash: &str,
        user_id: i64,
        expires_at: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO sessions (token_hash, user_id, expires_at) VALUES ($1, $2, $3)")
            .bind(token_hash)
            .bind(user_id)
            .bind(expires_at)
            .execute(&self.pool)
            .await?;
        // The session is there; what could not be forgotten now will be at the next log-in.
        let _ = sqlx::query(
            "DELETE FROM sessions WHERE expires_at <= $1 OR (user_id = $2 AND token_hash NOT IN (\
               SELECT token_hash FROM sessions WHERE user_id = $2 \
               ORDER BY expires_at DESC LIMIT $3))",
        )
        .bind(now())
        .bind(user_id)
        .bind(SESSIONS_EACH)
        .execute(&self.pool)
        .await;
        Ok(())
    }

    /// Whose session it is, unless it is over.
    pub(crate) async fn session(&self, token_hash: &str) -> Result<Option<SignedIn>, sqlx::Error> {
        let row: Option<(i64, String)> = sqlx::query_as(
            "SELECT users.id, users.name FROM sessions \
             JOIN users ON users.id = sessions.user_id \
             WHERE sessions.token_hash = $1 AND sessions.expires_at > $2",
        )
        .bind(token_hash)
        .bind(now())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(id, name)| SignedIn { id, name }))
    }

    /// Ends a session.
    pub(crate) async fn close_session(&self, token_hash: &str) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
            .bind(token_hash)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// How many sessions are not over. Asked by the poller and not by a request, so it is no query
    /// event.
    pub(crate) async fn active_sessions(&self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("SELECT count(*) FROM sessions WHERE expires_at > $1")
            .bind(now())
            .fetch_one(self.pool.inner())
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_lasts_until_it_expires_or_is_closed() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let (ada, hash) = store.credentials("Ada").await.unwrap().unwrap();
        assert_eq!(hash, None);
        assert_eq!(store.credentials("ada' OR 1=1 --").await.unwrap(), None);

        store
            .open_session("one", ada, now() + 60_000)
            .await
            .unwrap();
        store.open_session("over", ada, now()).await.unwrap();
        let user = store.session("one").await.unwrap().unwrap();
        assert_eq!((user.id, user.name.as_str()), (ada, "Ada"));
        assert_eq!(store.session("over").await.unwrap(), None);
        assert_eq!(store.session("other").await.unwrap(), None);
        assert_eq!(store.active_sessions().await.unwrap(), 1);

        store.close_session("one").await.unwrap();
        assert_eq!(store.session("one").await.unwrap(), None);
        assert_eq!(store.active_sessions().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_user_has_only_so_many_sessions() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        for n in 0..15 {
            let expires = now() + 60_000 + n;
            store
                .open_session(&format!("s{n}"), 1, expires)
                .await
                .unwrap();
        }
        store
            .open_session("another's", 2, now() + 60_000)
            .await
            .unwrap();
        assert_eq!(store.active_sessions().await.unwrap(), SESSIONS_EACH + 1);
        assert_eq!(store.session("s4").await.unwrap(), None);
        assert!(store.session("s5").await.unwrap().is_some());
    }
}
