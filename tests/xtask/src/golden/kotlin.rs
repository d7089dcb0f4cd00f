//! Golden Kotlin: with real messages, made by protoc, and with tests of what is generated.

use super::{Case, failed};
use crate::step::{Outcome, root, run as step};
use crate::toolchain::{Kotlin, Missing};

/// Compiles all cases, and tests what is generated, against lite messages and full ones.
pub(crate) fn test(missing: Missing) -> Outcome {
    let Some(kotlin) = Kotlin::find(missing)? else {
        println!("\nSkipped, because there is no JDK 17 with Maven here: the golden Kotlin");
        return Ok(());
    };
    every_case_is_named()?;
    let mut maven = kotlin.maven(&root().join("tests/golden/kotlin"));
    step("golden Kotlin", maven.args(["--quiet", "-DskipTests", "test"]))
}

/// A case that is not listed would not be compiled.
fn every_case_is_named() -> Outcome {
    let list = root().join("tests/golden/kotlin/parent/pom.xml");
    let text = std::fs::read_to_string(&list).map_err(|error| failed(&list, &error))?;
    let unnamed = Case::all("kotlin")?
        .into_iter()
        .find(|case| !text.contains(&format!("<sourceDir>${{golden}}/{}/out/kotlin<", case.name)));
    match unnamed {
        Some(case) => Err(format!("{} does not list the golden case {}; add it", list.display(), case.name)),
        None => Ok(()),
    }
}
