//! The tables and what is in them at first.

use sqlx::SqlitePool;

pub(super) const USERS: [&str; 20] = [
    "Ada",
    "Barbara",
    "Claude",
    "Donald",
    "Edsger",
    "Frances",
    "Grace",
    "Hedy",
    "Ivan",
    "Joe",
    "Katherine",
    "Leslie",
    "Margaret",
    "Niklaus",
    "Ole-Johan",
    "Peter",
    "Radia",
    "Robin",
    "Sophie",
    "Tony",
];

const TITLES: [&str; 7] = [
    "Write the letter",
    "Read the paper",
    "Mend the loom",
    "Prove the lemma",
    "Call the typesetter",
    "Find the moth",
    "Water the plants",
];

/// Makes the tables where they are missing, and fills them if there are no users.
pub(super) async fn create(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS items (\
           id INTEGER PRIMARY KEY,\
           user_id INTEGER NOT NULL REFERENCES users (id),\
           title TEXT NOT NULL,\
           done BOOLEAN NOT NULL)",
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query("CREATE INDEX IF NOT EXISTS items_of_user ON items (user_id)")
        .execute(&mut *transaction)
        .await?;
    let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&mut *transaction)
        .await?;
    if users == 0 {
        for (n, name) in USERS.iter().enumerate() {
            let user = sqlx::query("INSERT INTO users (name) VALUES (?)")
                .bind(name)
                .execute(&mut *transaction)
                .await?
                .last_insert_rowid();
            // One to five items each, the same at every start.
            for item in 0..=(n * 3) % 5 {
                sqlx::query("INSERT INTO items (user_id, title, done) VALUES (?, ?, ?)")
                    .bind(user)
                    .bind(TITLES[(n + item) % TITLES.len()])
                    .bind((n + item) % 3 == 0)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
    }
    transaction.commit().await
}
