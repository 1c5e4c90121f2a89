//! What is in the tables at first.

use sqlx::AnyConnection;

use super::now;
use super::schema::Dialect;

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

/// Fills the tables if there are no users.
pub(super) async fn fill(
    connection: &mut AnyConnection,
    dialect: Dialect,
) -> Result<(), sqlx::Error> {
    let mut transaction = dialect.begin_alone(connection).await?;
    let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&mut *transaction)
        .await?;
    if users == 0 {
        for (n, name) in USERS.iter().enumerate() {
            let user: i64 = sqlx::query_scalar(
                "INSERT INTO users (name, created_at) VALUES ($1, $2) RETURNING id",
            )
            .bind(*name)
            .bind(now())
            .fetch_one(&mut *transaction)
            .await?;
            // One to five items each, the same at every start.
            for item in 0..=(n * 3) % 5 {
                sqlx::query("INSERT INTO todo_items (user_id, title, done) VALUES ($1, $2, $3)")
                    .bind(user)
                    .bind(TITLES[(n + item) % TITLES.len()])
                    .bind(i32::from((n + item) % 3 == 0))
                    .execute(&mut *transaction)
                    .await?;
            }
        }
    }
    transaction.commit().await
}
