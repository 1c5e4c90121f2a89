//! Why a query failed, in one of a few words.
//!
//! Never the message: databases quote values in it ("Key (email)=(ada@example.org) already
//! exists"), and a metric would make a series of each.

use sqlx::Error;
use sqlx::error::ErrorKind;

pub(crate) fn of(error: &Error) -> &'static str {
    match error {
        Error::Database(error) => match error.kind() {
            ErrorKind::UniqueViolation => "unique_violation",
            ErrorKind::ForeignKeyViolation => "foreign_key_violation",
            ErrorKind::NotNullViolation => "not_null_violation",
            ErrorKind::CheckViolation => "check_violation",
            ErrorKind::ExclusionViolation => "exclusion_violation",
            _ => error.code().map_or("database", |code| of_code(&code)),
        },
        Error::PoolTimedOut => "pool_timed_out",
        Error::PoolClosed => "pool_closed",
        Error::Io(_) => "io",
        Error::Tls(_) => "tls",
        Error::Protocol(_) => "protocol",
        Error::WorkerCrashed => "worker_crashed",
        Error::Configuration(_) => "configuration",
        Error::InvalidArgument(_) => "invalid_argument",
        Error::TypeNotFound { .. } => "type_not_found",
        Error::Encode(_) => "encode",
        Error::Decode(_) | Error::ColumnDecode { .. } => "decode",
        Error::ColumnIndexOutOfBounds { .. } | Error::ColumnNotFound(_) => "column_not_found",
        Error::RowNotFound => "row_not_found",
        Error::BeginFailed => "begin_failed",
        Error::InvalidSavePointStatement => "invalid_savepoint",
        _ => "other",
    }
}

/// What the database calls it: five characters of SQL's standard, or SQLite's number.
fn of_code(code: &str) -> &'static str {
    match code {
        "40001" => "serialization_failure",
        "40P01" => "deadlock",
        "55P03" => "lock_not_available",
        "57014" => "query_canceled",
        "57P01" | "57P02" | "57P03" => "shutdown",
        "53300" => "too_many_connections",
        "25P02" => "transaction_aborted",
        "42501" => "permission_denied",
        "42601" => "syntax_error",
        "42P01" | "42703" | "42883" | "3F000" | "42S02" | "42S22" => "undefined",
        _ if code.len() == 5 && code.starts_with("22") => "data_exception",
        _ => match code.parse::<u32>() {
            // The higher bits say more than we tell.
            Ok(number) if code.len() < 5 => match number & 0xff {
                5 | 6 => "busy",
                8 => "read_only",
                9 => "interrupted",
                13 => "disk_full",
                _ => "database",
            },
            _ => "database",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_never_quotes_the_error() {
        let secret = || "Key (email)=(ada@example.org)".to_owned();
        for (error, reason) in [
            (Error::Protocol(secret()), "protocol"),
            (Error::InvalidArgument(secret()), "invalid_argument"),
            (Error::Encode(secret().into()), "encode"),
            (Error::Io(std::io::Error::other(secret())), "io"),
            (Error::PoolTimedOut, "pool_timed_out"),
            (Error::BeginFailed, "begin_failed"),
        ] {
            assert_eq!(of(&error), reason);
        }
    }

    #[test]
    fn codes_are_those_of_the_standard_or_of_sqlite() {
        for (code, reason) in [
            ("40P01", "deadlock"),
            ("22P02", "data_exception"),
            ("5", "busy"),
            ("517", "busy"),
            ("1", "database"),
            ("00005", "database"),
            ("22", "database"),
            ("", "database"),
            ("XX000", "database"),
            ("99999999999", "database"),
        ] {
            assert_eq!(of_code(code), reason, "{code}");
        }
    }
}
