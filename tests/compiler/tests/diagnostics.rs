//! Every rule with its fixtures.
//!
//! `tests/diagnostics/<code>/{pass,fail}*.proto` carry what is expected of them inline, on the line that is underlined:
//!
//! ```proto
//! option (holdover.method).cache = {  // ~ error[UNSAFE_CACHE]
//! key: "rideid"  // ~ error[KEY_UNKNOWN] `key: "rideid"`
//! ```
//!
//! What stands in backticks is the text that must be underlined. Nothing else may be found in a file. An overlay stands
//! beside its file, with the ending `.holdover.txtpb`, and carries its expectations behind `# ~`.

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail, helpers included")]

use holdover_compiler::annotation::Overlay;
use holdover_compiler::check::{self, Rule};
use holdover_compiler::diagnostic::{Diagnostic, Report, Style};
use holdover_compiler::load::{IncludePaths, load};
use holdover_compiler::pipeline::compile_with_overlays;
use holdover_wire::Schema;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../diagnostics")
}

/// Fixtures of all rules: (folder, file), sorted.
fn fixtures() -> Vec<(String, PathBuf)> {
    let mut all = Vec::new();
    for folder in fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()) {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "include" || !folder.is_dir() {
            continue;
        }
        for file in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|ending| ending == "proto") {
                all.push((name.clone(), file));
            }
        }
    }
    all.sort();
    all
}

/// The overlay of a file, which may not be there.
fn overlay(file: &Path) -> PathBuf {
    file.with_extension("holdover.txtpb")
}

fn findings(file: &Path) -> Report {
    let folder = file.parent().unwrap();
    let read = |path: &str| match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    let roots = [folder.to_owned(), root().join("include")].map(|root| root.to_str().unwrap().to_owned());
    let name = file.file_name().unwrap().to_str().unwrap();
    let overlay = overlay(file);
    let overlays = fs::read_to_string(&overlay)
        .ok()
        .map(|text| Overlay { path: overlay.to_str().unwrap().to_owned(), text });
    let loaded = load(&IncludePaths::new(roots, read), &[name]);
    match loaded.and_then(|loaded| compile_with_overlays(loaded, overlays.as_slice(), &mut ())) {
        Ok(compilation) => {
            // What the checks let pass, runtimes must be able to read.
            if let Err(error) = Schema::new(&compilation.policy) {
                panic!("{}: {error}", file.display());
            }
            compilation.report()
        }
        Err(report) => *report,
    }
}

/// What a file says will be found in it: the file, line, `error[CODE]`, and perhaps the underlined text.
fn expected(file: &Path, comment: &str) -> Vec<(PathBuf, u32, String, Option<String>)> {
    let mut all = Vec::new();
    let Ok(text) = fs::read_to_string(file) else { return all };
    for (number, line) in (1..).zip(text.lines()) {
        let Some((_, expectation)) = line.split_once(comment) else { continue };
        let (code, underlined) = match expectation.split_once('`') {
            Some((code, text)) => (code, Some(text.trim_end().strip_suffix('`').unwrap().to_owned())),
            None => (expectation, None),
        };
        all.push((file.to_owned(), number, code.trim().to_owned(), underlined));
    }
    all
}

/// Where a finding is, as [`expected`] says it.
fn found(report: &Report, finding: &Diagnostic) -> (PathBuf, u32, String, String) {
    let code = format!("{}[{}]", finding.severity(), finding.code());
    let Some(label) = finding.primary() else { return (PathBuf::new(), 0, code, String::new()) };
    let (line, _) = report.sources.line_column(label.span.file, label.span.start);
    let file = PathBuf::from(report.sources.path(label.span.file));
    (file, line, code, report.sources.slice(label.span).unwrap_or_default().to_owned())
}

#[test]
fn fixtures_find_what_they_say_and_nothing_else() {
    let mut wrong = String::new();
    for (_, file) in fixtures() {
        let report = findings(&file);
        let mut expected = expected(&file, "// ~ ");
        expected.extend(self::expected(&overlay(&file), "# ~ "));
        let mut problems = Vec::new();
        for finding in report.diagnostics.sorted() {
            let (file, line, code, underlined) = found(&report, finding);
            let matching = expected.iter().position(|(expected_file, expected_line, expected_code, text)| {
                *expected_file == file
                    && *expected_line == line
                    && *expected_code == code
                    && text.as_ref().is_none_or(|text| *text == underlined)
            });
            match matching {
                Some(index) => _ = expected.remove(index),
                None => problems.push(format!("unexpected, line {line}: {code} under `{underlined}`")),
            }
        }
        problems.extend(
            expected.iter().map(|(_, line, code, text)| format!("missing, line {line}: {code} {text:?}")),
        );
        if !problems.is_empty() {
            wrong += &format!("{}\n  {}\n{report}\n", file.display(), problems.join("\n  "));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_rule_has_fixtures_that_pass_and_fail() {
    let fixtures = fixtures();
    for rule in check::rules() {
        let code = rule.code.as_str();
        let own: Vec<&Path> = fixtures
            .iter()
            .filter(|(folder, _)| *folder == code.to_lowercase())
            .map(|(_, file)| file.as_path())
            .collect();
        let starting = |start: &str| {
            own.iter().filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with(start)).count()
        };
        assert!(starting("pass") > 0, "{code} has no passing fixture");
        assert!(starting("fail") > 0, "{code} has no failing fixture");
        assert!(
            !rule.is_allowable() || code == "ALLOW_UNUSED" || starting("pass_allowed") > 0,
            "{code} is never allowed"
        );
        let fails = own.iter().filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with("fail"));
        for file in fails {
            let text = fs::read_to_string(file).unwrap();
            let beside = fs::read_to_string(overlay(file)).unwrap_or_default();
            assert!(
                (text + &beside).contains(&format!("[{code}]")),
                "{} does not break {code}",
                file.display()
            );
        }
    }
    let known: BTreeSet<String> = check::rules().map(|rule| rule.code.as_str().to_lowercase()).collect();
    for (folder, file) in fixtures {
        assert!(known.contains(&folder), "{} belongs to no rule", file.display());
    }
}

#[test]
fn every_rule_has_a_page() {
    let mut codes = BTreeSet::new();
    for rule in check::rules() {
        let Rule { code, summary, page, .. } = rule;
        assert!(codes.insert(code.as_str()), "{code} is registered twice");
        assert!(
            code.as_str()
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        );
        assert!(!summary.ends_with('.') && summary.len() > 10, "{code}: {summary}");
        for text in [page.means, page.matters, page.wrong, page.right] {
            assert!(text.trim().len() > 20, "{code} has an empty section");
        }
        let text = rule.markdown();
        for section in ["## What it means", "## Why it matters", "## Wrong", "## Right", "## How to allow it"]
        {
            assert!(text.contains(section), "{code} lacks {section}");
        }
    }
}

/// Every finding says what to do and what it is about.
#[test]
fn every_finding_can_be_acted_on() {
    for (_, file) in fixtures() {
        for finding in &findings(&file).diagnostics {
            let code = finding.code();
            assert!(
                finding.help_text().is_some_and(|help| help.len() > 8),
                "{}: {code} says not what to do",
                file.display()
            );
            assert!(finding.primary().is_some(), "{}: {code} underlines nothing", file.display());
            assert!(!finding.message().ends_with('.'), "{code}: {}", finding.message());
        }
    }
}

/// What people see, for all failing fixtures.
#[test]
fn people_see() {
    for (folder, file) in fixtures() {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("fail") {
            continue;
        }
        let report = findings(&file);
        let text = report.human(Style::plain()).replace(root().to_str().unwrap(), "tests/diagnostics");
        insta::with_settings!({ snapshot_path => "../../diagnostics/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("{folder}.{name}"), text);
        });
    }
}
