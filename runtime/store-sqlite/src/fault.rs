//! What SQLite says, in the words of stores.

use std::path::Path;

use holdover_client::store::{StoreFault, StoreFaultKind};
use rusqlite::ErrorCode;

/// What can go wrong in here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The file is a database, but not as we left it.
    #[error("the cache file is damaged: {0}")]
    Damaged(String),
}

impl Trouble {
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }

    pub(crate) fn into_fault(self, file: &Path) -> StoreFault {
        let kind = match &self {
            Self::Damaged(_) => StoreFaultKind::Corrupt,
            Self::File(error) => file_kind(error.kind()),
            Self::Sqlite(error) => sqlite_kind(error),
        };
        StoreFault { kind, message: format!("{}: {self}; {}", file.display(), advice(kind)) }
    }
}

fn file_kind(kind: std::io::ErrorKind) -> StoreFaultKind {
    use std::io::ErrorKind;

    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => StoreFaultKind::Full,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StoreFaultKind::ReadOnly,
        ErrorKind::WouldBlock | ErrorKind::ResourceBusy => StoreFaultKind::Locked,
        _ => StoreFaultKind::Io,
    }
}

fn sqlite_kind(error: &rusqlite::Error) -> StoreFaultKind {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreFaultKind::Corrupt,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreFaultKind::Locked,
            ErrorCode::DiskFull => StoreFaultKind::Full,
            ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::AuthorizationForStatementDenied => StoreFaultKind::ReadOnly,
            // A row that is larger or of another type than any that we write.
            ErrorCode::TooBig | ErrorCode::TypeMismatch => StoreFaultKind::Corrupt,
            // The schema was checked, so a statement that does not fit it means that the file changed under us.
            ErrorCode::SchemaChanged | ErrorCode::Unknown | ErrorCode::ConstraintViolation => {
                StoreFaultKind::Corrupt
            }
            _ => StoreFaultKind::Io,
        },
        // Columns that are not what they were written as.
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::QueryReturnedNoRows
        | rusqlite::Error::Utf8Error(..) => StoreFaultKind::Corrupt,
        _ => StoreFaultKind::Io,
    }
}

fn advice(kind: StoreFaultKind) -> &'static str {
    match kind {
        StoreFaultKind::Held => "another process uses it: give each process a folder of its own",
        StoreFaultKind::Locked => "it is in use: the runtime tries again",
        StoreFaultKind::Full => "free some space: the runtime tries again",
        StoreFaultKind::ReadOnly => "let the app write there: the runtime tries again",
        StoreFaultKind::Corrupt => "it will be made anew",
        StoreFaultKind::Io => "the runtime goes on in memory and tries again",
    }
}
