//! The app's second life: a new process with the first one's disk cache, and no server.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::app::{App, Tokens, quote_request};
use crate::story::describe;

/// Prints the quote that the disk has, or fails.
pub(crate) async fn run(url: &str, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    let app = App::start(url, folder, &Arc::new(Tokens::default()))?;
    let quote = app.pricing.get_quote(quote_request()).await?;
    println!("{}\t{}", started.elapsed().as_micros(), describe(&quote));
    Ok(())
}
