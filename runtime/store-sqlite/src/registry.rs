//! The caches that this process has open, so that its runtimes share them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use holdover_client::store::StoreFault;

use crate::database::Database;
use crate::fault::Trouble;
use crate::schema::FILE;

static OPEN: Mutex<Option<HashMap<PathBuf, Weak<Mutex<Database>>>>> = Mutex::new(None);

/// The cache of a folder: the one that is open already, or else a newly opened one.
pub(crate) fn open(folder: &Path, budget: u64) -> Result<Arc<Mutex<Database>>, StoreFault> {
    let prepared = make_private(folder).and_then(|()| Ok(fs::canonicalize(folder)?));
    let folder = prepared.map_err(|trouble| trouble.into_fault(&folder.join(FILE)))?;
    // Held while opening, so that two runtimes that start together do not open twice.
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let open = open.get_or_insert_default();
    open.retain(|_, database| database.strong_count() > 0);
    if let Some(database) = open.get(&folder).and_then(Weak::upgrade) {
        return Ok(database);
    }
    let database = Arc::new(Mutex::new(Database::at(&folder, budget)?));
    open.insert(folder, Arc::downgrade(&database));
    Ok(database)
}

/// Makes the folder if it is not there, readable for its owner only.
fn make_private(folder: &Path) -> Result<(), Trouble> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    Ok(())
}
