//! The tables of the event-driven part. SQLite and PostgreSQL both understand them as they are.

/// Statements that make the tables where they are missing; to be run in this order, after the table
/// `users` is there.
///
/// - `event_position` has one row: the position of the last event. Whoever appends raises it first,
///   and so waits for whoever appends just now. Positions have no gaps then, and an event becomes
///   visible only after all events before it: a reader that stands at 7 has missed nothing below.
/// - `events` is only ever appended to. `key` is what may happen once.
/// - `event_readers` is how far each reader has come; `events_set_aside` is what it could not use.
/// - `activity` and `messages` are made of the events and could be made again.
pub(crate) const TABLES: [&str; 8] = [
    "CREATE TABLE IF NOT EXISTS event_position (\
       id BIGINT PRIMARY KEY,\
       last BIGINT NOT NULL)",
    "INSERT INTO event_position (id, last) VALUES (1, 0) ON CONFLICT DO NOTHING",
    "CREATE TABLE IF NOT EXISTS events (\
       position BIGINT PRIMARY KEY,\
       kind TEXT NOT NULL,\
       subject BIGINT NOT NULL,\
       payload TEXT NOT NULL,\
       key TEXT UNIQUE,\
       traceparent TEXT NOT NULL,\
       created_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS event_readers (\
       name TEXT PRIMARY KEY,\
       position BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS events_set_aside (\
       reader TEXT NOT NULL,\
       position BIGINT NOT NULL,\
       reason TEXT NOT NULL,\
       created_at BIGINT NOT NULL,\
       PRIMARY KEY (reader, position))",
    "CREATE TABLE IF NOT EXISTS activity (\
       position BIGINT PRIMARY KEY,\
       kind TEXT NOT NULL,\
       name TEXT NOT NULL,\
       trace_id TEXT NOT NULL,\
       created_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS messages (\
       position BIGINT PRIMARY KEY,\
       user_id BIGINT NOT NULL,\
       body TEXT NOT NULL,\
       created_at BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS messages_of_user ON messages (user_id, position)",
];
