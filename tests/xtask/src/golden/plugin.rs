//! `protoc-gen-holdover` started by buf, with the settings that the command's README shows.

use std::fs;
use std::path::{Path, PathBuf};

use super::{all_files, failed};
use crate::programs::Programs;
use crate::step::{Outcome, built, root, run as step};
use crate::toolchain::{Buf, Missing};

/// Generates all languages by buf, which must give what the golden case of the same files has.
pub(crate) fn test(missing: Missing) -> Outcome {
    let Some(buf) = Buf::find(missing)? else {
        println!("\nSkipped, because there is no buf here: the plugin, started by buf");
        return Ok(());
    };
    let programs = Programs::build()?;
    let folder = built()?.join("buf");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
    }
    let proto = Path::new("pricing/v1/pricing.proto");
    let (from, to) = (root().join("examples/proto").join(proto), folder.join("proto").join(proto));
    fs::create_dir_all(to.parent().unwrap_or(&folder)).map_err(|error| failed(&to, &error))?;
    fs::copy(&from, &to).map_err(|error| failed(&from, &error))?;
    for name in ["buf.yaml", "buf.gen.yaml"] {
        fs::write(folder.join(name), shown(name)?).map_err(|error| failed(&folder, &error))?;
    }
    let mut annotations = std::process::Command::new(programs.program("holdover"));
    annotations.current_dir(&folder).args(["proto", "--out", "third_party/holdover"]);
    step("buf: the annotations", &mut annotations)?;
    // Where buf looks for plugins.
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths(std::iter::once(programs.folder().clone()).chain(std::env::split_paths(&rest)))
            .map_err(|error| format!("PATH: {error}"))?;
    step("buf: generate", buf.command(&folder).arg("generate").env("PATH", path))?;
    for language in ["rust", "swift", "kotlin"] {
        same(
            &root().join("tests/golden/ride-pricing/out").join(language),
            &folder.join("gen").join(language),
        )?;
    }
    Ok(())
}

/// A file as the README has it: in the block whose first line names it.
fn shown(name: &str) -> Result<String, String> {
    let path = root().join("compiler/cli/README.md");
    let readme = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
    let head = format!("```yaml\n# {name}\n");
    let text = readme.split_once(&head).and_then(|(_, rest)| Some(rest.split_once("```")?.0.to_owned()));
    text.ok_or_else(|| format!("{} has no block for {name}: write one", path.display()))
}

/// Two folders hold the same.
fn same(expected: &Path, found: &Path) -> Outcome {
    let read = |folder: &Path| -> Result<Vec<(PathBuf, Vec<u8>)>, String> {
        let files = all_files(folder)?.into_iter().map(|path| {
            let name = path.strip_prefix(folder).unwrap_or(&path).to_owned();
            fs::read(&path).map(|content| (name, content)).map_err(|error| failed(&path, &error))
        });
        files.collect()
    };
    let (wanted, given) = (read(expected)?, read(found)?);
    if wanted == given {
        return Ok(());
    }
    let names: Vec<String> = given
        .iter()
        .filter(|file| !wanted.contains(file))
        .map(|(name, _)| name.display().to_string())
        .collect();
    Err(format!("{} is not {}; look at: {}", found.display(), expected.display(), names.join(", ")))
}
