//! The schema that a command is about.

use std::path::{Path, PathBuf};

use holdover_build::Input;
use holdover_build::files::Seen;
use holdover_compiler::pipeline::Compilation;

use crate::arguments::InputArguments;
use crate::config::Config;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Compiles what the command line names, or else `holdover.toml`.
pub(crate) fn compile(
    arguments: &InputArguments,
    config: &Config,
    terminal: &Terminal,
) -> Result<Compilation, Failure> {
    let input = input(arguments, config)?;
    let what = match &input {
        Input::Files { files, .. } if files.len() == 1 => format!("compiling {}", files[0].display()),
        Input::Files { files, .. } => format!("compiling {} files", files.len()),
        Input::DescriptorSet { path, .. } => format!("compiling {}", path.display()),
    };
    let _working = terminal.working(&what);
    let mut overlays: Vec<PathBuf> = config.input.overlay.iter().map(|path| config.path(path)).collect();
    overlays.extend(arguments.overlay.iter().cloned());
    Ok(input.compile_with_overlays(&overlays, &mut Seen::default())?)
}

fn input(arguments: &InputArguments, config: &Config) -> Result<Input, Failure> {
    if let Some(set) = &arguments.descriptor_set {
        let files = arguments.files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
        return Ok(Input::DescriptorSet { path: set.clone(), files });
    }
    let from_config =
        |paths: &[PathBuf]| -> Vec<PathBuf> { paths.iter().map(|path| config.path(path)).collect() };
    let (files, mut includes) = if arguments.files.is_empty() {
        if let (Some(set), true) = (&config.input.descriptor_set, arguments.includes.is_empty()) {
            let files = config.input.files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
            return Ok(Input::DescriptorSet { path: config.path(set), files });
        }
        (from_config(&config.input.files), from_config(&config.input.include))
    } else {
        (arguments.files.clone(), from_config(&config.input.include))
    };
    if files.is_empty() {
        return Err(Failure::Usage(
            "no input; name .proto files (holdover check -I proto proto/api.proto), a --descriptor-set, or put them into \
             holdover.toml"
                .to_owned(),
        ));
    }
    if !arguments.includes.is_empty() {
        includes.clone_from(&arguments.includes);
    }
    if includes.is_empty() {
        includes = default_includes(&files);
    }
    if let Some(missing) = includes.iter().find(|folder| !folder.is_dir()) {
        return Err(Failure::Usage(format!("the include path {} is no folder", missing.display())));
    }
    // A file is named as one names files, or, as people who know protoc may, as it is imported.
    let there = |file: &Path| file.is_file() || includes.iter().any(|include| include.join(file).is_file());
    if let Some(missing) = files.iter().find(|file| !there(file)) {
        return Err(Failure::Usage(format!(
            "there is no file {}, neither here nor in an include path; check its name",
            missing.display()
        )));
    }
    Ok(Input::Files { files, includes })
}

/// This folder, as with protoc; and for files that lie elsewhere the folders that they are in.
fn default_includes(files: &[PathBuf]) -> Vec<PathBuf> {
    let mut includes = vec![PathBuf::from(".")];
    for file in files {
        let elsewhere = file.is_absolute() || file.starts_with("..");
        if let Some(folder) = file.parent().filter(|_| elsewhere)
            && !includes.iter().any(|include| include == folder)
        {
            includes.push(folder.to_owned());
        }
    }
    includes
}
