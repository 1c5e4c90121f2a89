//! [`Dialect`]: what the databases do not agree upon.

/// Whose SQL a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
    MySql,
    /// Of a database that we do not know.
    Unknown,
}

impl Dialect {
    /// By the name that sqlx has for the database.
    pub(crate) fn of(database: &str) -> Self {
        match database {
            "SQLite" => Self::Sqlite,
            "PostgreSQL" => Self::Postgres,
            "MySQL" => Self::MySql,
            _ => Self::Unknown,
        }
    }

    /// By the scheme of the URL that it was opened with.
    pub(crate) fn of_scheme(scheme: &str) -> Self {
        match scheme {
            "sqlite" => Self::Sqlite,
            "postgres" | "postgresql" => Self::Postgres,
            "mysql" | "mariadb" => Self::MySql,
            _ => Self::Unknown,
        }
    }

    /// What OpenTelemetry calls the database.
    pub(crate) fn system(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("sqlite"),
            Self::Postgres => Some("postgresql"),
            Self::MySql => Some("mysql"),
            Self::Unknown => None,
        }
    }

    /// `/* /* */ */` is one comment.
    pub(super) fn nests_comments(self) -> bool {
        self.is_like_postgres()
    }

    /// `$$text$$`, `$tag$text$tag$`; and the strings `E'\''` and `U&'..'`.
    pub(super) fn has_postgres_strings(self) -> bool {
        self.is_like_postgres()
    }

    /// What another database would not understand is taken as PostgreSQL does.
    fn is_like_postgres(self) -> bool {
        matches!(self, Self::Postgres | Self::Unknown)
    }

    /// `# comment`, and `--` is one only before a space.
    pub(super) fn has_mysql_comments(self) -> bool {
        self == Self::MySql
    }

    /// `'\''` is one string, and `"..."` another.
    pub(super) fn has_mysql_strings(self) -> bool {
        self == Self::MySql
    }

    /// `[a name]`; where it is not, it is an array.
    pub(super) fn has_names_in_brackets(self) -> bool {
        matches!(self, Self::Sqlite | Self::Unknown)
    }

    /// `` `a name` ``.
    pub(super) fn has_names_in_backticks(self) -> bool {
        self != Self::Postgres
    }
}
