//! The cache file: made for its owner alone, opened so that nothing in it is run, believed only if its schema is ours.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use crate::fault::Trouble;
use crate::schema::{APPLICATION, MAX_VALUE, OBJECTS, VERSION};

/// Opens the file and makes sure that it is ours. A file of another version is made anew. Whether it is new.
pub(crate) fn connect(path: &Path) -> Result<(Connection, bool), Trouble> {
    make_private(path)?;
    let connection = configured(path)?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    match (application, version, objects) {
        (0, 0, 0) => {
            create(&connection)?;
            return Ok((connection, true));
        }
        (APPLICATION, VERSION, _) => check_schema(&connection)?,
        (APPLICATION, _, _) => {
            connection.close().map_err(|(_, error)| error)?;
            remove(path)?;
            make_private(path)?;
            let connection = configured(path)?;
            create(&connection)?;
            return Ok((connection, true));
        }
        _ => return Err(Trouble::damaged("it is the database of another program")),
    }
    Ok((connection, false))
}

fn configured(path: &Path) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    // Nobody else of this process writes, and nobody of another may: waiting would not help.
    connection.busy_timeout(Duration::ZERO)?;
    let length = i32::try_from(2 * MAX_VALUE).unwrap_or(i32::MAX);
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, length)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1)?;
    connection.set_prepared_statement_cache_capacity(32);
    // The file may be hostile: nothing in its schema is run, and cells are checked before they are read.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // One process has the file, so the journal needs no shared memory. Before the journal mode, or it has no effect.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let journal: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if !journal.eq_ignore_ascii_case("wal") {
        return Err(std::io::Error::other("the file system cannot carry SQLite's journal").into());
    }
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A journal beyond this is cut back after it was written to the file.
    connection.pragma_update(None, "journal_size_limit", 4 << 20)?;
    Ok(connection)
}

fn create(connection: &Connection) -> Result<(), Trouble> {
    let transaction = connection.unchecked_transaction()?;
    for (_, statement) in OBJECTS {
        transaction.execute_batch(statement)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// The schema must be exactly ours: no trigger, no view, no other column.
fn check_schema(connection: &Connection) -> Result<(), Trouble> {
    let mut found =
        connection.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")?;
    let found = found.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(String, String)> = found.take(OBJECTS.len() + 1).collect::<Result<_, _>>()?;
    let same = found.len() == OBJECTS.len()
        && found.iter().zip(OBJECTS).all(|((name, sql), (own, statement))| name == own && sql == statement);
    if same { Ok(()) } else { Err(Trouble::damaged("its tables are not ours")) }
}

/// SQLite gives the journal the rights of the file, so the file is made first, for its owner only.
fn make_private(path: &Path) -> Result<(), Trouble> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

/// Deletes the file and its journal.
pub(crate) fn remove(path: &Path) -> Result<(), Trouble> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
