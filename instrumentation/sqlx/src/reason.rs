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
            _ => "database",
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
        _ => "other",
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
            (Error::BeginFailed, "other"),
        ] {
            assert_eq!(of(&error), reason);
        }
    }
}
