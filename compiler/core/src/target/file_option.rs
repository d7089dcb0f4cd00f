//! Options of files that become names in generated code. People write them as any text, and nobody has checked it yet.

use super::TargetError;
use prost_reflect::DescriptorPool;
use prost_types::FileOptions;

/// What an option says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// A name.
    Name,
    /// What names begin with; it may be empty.
    Prefix,
    /// Names with dots between them; none for no package.
    Package,
}

impl Says {
    fn takes(self, value: &str) -> bool {
        match self {
            Self::Name => is_name(value),
            Self::Prefix => value.is_empty() || is_name(value),
            Self::Package => value.is_empty() || value.split('.').all(is_name),
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Refuses files that say something else with an option.
pub(super) fn check(
    pool: &DescriptorPool,
    option: &'static str,
    says: Says,
    value: impl Fn(&FileOptions) -> &Option<String>,
) -> Result<(), TargetError> {
    for file in pool.files() {
        let options = file.file_descriptor_proto().options.as_ref();
        let Some(value) = options.and_then(|options| value(options).as_deref()) else { continue };
        if !says.takes(value) {
            let (file, value) = (file.name().to_owned(), value.to_owned());
            return Err(TargetError::FileOption { file, option, value });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Says;

    #[test]
    fn names_cannot_be_code() {
        let takes = |says: Says, value: &str| says.takes(value);
        for good in ["a", "com.example.in.v1", "_a.b1", "de.größe", ""] {
            assert!(takes(Says::Package, good), "{good}");
        }
        for bad in ["a..b", ".a", "a.", "1a", "a b", "a;b", "a\nimport b", "../a", "a.`b`", "a-b"] {
            assert!(!takes(Says::Package, bad) && !takes(Says::Name, bad), "{bad}");
        }
        assert!(takes(Says::Name, "Outer") && !takes(Says::Name, "") && !takes(Says::Name, "a.b"));
        assert!(takes(Says::Prefix, "NM") && takes(Says::Prefix, "") && !takes(Says::Prefix, "NM {"));
    }
}
