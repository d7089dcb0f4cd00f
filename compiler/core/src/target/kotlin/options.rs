//! What a user may choose about generated Kotlin.

use crate::target::OptionError;

/// Choices about generated Kotlin. Packages and classes of messages are what the `.proto` files say to protoc's Java
/// generator (`java_package`, `java_multiple_files`, `java_outer_classname`); lite messages and full ones are called alike,
/// so that the same code is right for both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KotlinOptions {
    /// Who can see what is generated.
    pub visibility: Visibility,
}

/// Who can see what is generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody.
    #[default]
    Public,
    /// The module that it is in.
    Internal,
}

impl Visibility {
    const ALL: [Self; 2] = [Self::Public, Self::Internal];

    /// `public`
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
        }
    }
}

impl KotlinOptions {
    /// The names of all options, as they are written on command lines and in `holdover.toml`.
    pub const NAMES: &'static [&'static str] = &["visibility"];

    /// Sets an option from text: `visibility=internal`.
    pub fn set(&mut self, option: &str) -> Result<(), OptionError> {
        let (name, value) =
            option.split_once('=').ok_or_else(|| OptionError::Syntax { option: option.to_owned() })?;
        match name {
            "visibility" => {
                self.visibility =
                    OptionError::choose("visibility", value, &Visibility::ALL, Visibility::name)?;
            }
            unknown => return Err(OptionError::unknown("kotlin", unknown, Self::NAMES)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_from_text() {
        let mut options = KotlinOptions::default();
        options.set("visibility=internal").unwrap();
        assert_eq!(options.visibility, Visibility::Internal);
        let wrong = |option: &str| KotlinOptions::default().set(option).unwrap_err().to_string();
        assert_eq!(
            wrong("visibility=package"),
            "visibility: \"package\" is not understood; write one of public, internal"
        );
        assert_eq!(wrong("java_package=a"), "unknown kotlin option `java_package`; there are: visibility");
    }
}
