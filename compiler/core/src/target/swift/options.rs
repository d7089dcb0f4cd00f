//! What a user may choose about generated Swift.

use crate::target::OptionError;
use std::collections::BTreeMap;

/// Choices about generated Swift. They mean what they mean in SwiftProtobuf's and Connect's plugins, so that files which
/// are generated together fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwiftOptions {
    /// Who can see what is generated.
    pub visibility: Visibility,
    /// What files are called.
    pub file_naming: FileNaming,
    /// Swift modules by the `.proto` files whose code is in them; files that are not here are in the same module.
    pub module_mapping: BTreeMap<String, String>,
    /// Modules that are imported as well.
    pub extra_module_imports: Vec<String>,
    /// What SwiftProtobuf's module is called.
    pub swift_protobuf_module_name: String,
    /// Functions are called like the methods, in their case: `GetQuote` instead of `getQuote`.
    pub keep_method_casing: bool,
    /// Says `public import` or `package import`, for packages that enable `InternalImportsByDefault`.
    pub use_access_level_on_imports: bool,
}

/// Who can see what is generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    /// The module that it is in.
    #[default]
    Internal,
    /// Everybody.
    Public,
    /// The modules of the package.
    Package,
}

impl Visibility {
    const ALL: [Self; 3] = [Self::Internal, Self::Public, Self::Package];

    /// `public`
    pub fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Public => "public",
            Self::Package => "package",
        }
    }

    /// What stands before declarations: nothing where it would say what goes without saying.
    pub(super) fn modifier(self) -> &'static str {
        match self {
            Self::Internal => "",
            Self::Public => "public ",
            Self::Package => "package ",
        }
    }
}

/// What files are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileNaming {
    /// `pricing/v1/pricing.holdover.swift`
    #[default]
    FullPath,
    /// `pricing_v1_pricing.holdover.swift`
    PathToUnderscores,
    /// `pricing.holdover.swift`
    DropPath,
}

impl FileNaming {
    const ALL: [Self; 3] = [Self::FullPath, Self::PathToUnderscores, Self::DropPath];

    /// `full_path`
    pub fn name(self) -> &'static str {
        match self {
            Self::FullPath => "full_path",
            Self::PathToUnderscores => "path_to_underscores",
            Self::DropPath => "drop_path",
        }
    }

    /// The file for a `.proto`.
    pub(super) fn file(self, proto: &str) -> String {
        let stem = proto.strip_suffix(".proto").unwrap_or(proto);
        let stem = match self {
            Self::FullPath => stem.to_owned(),
            Self::PathToUnderscores => stem.replace('/', "_"),
            Self::DropPath => stem.rsplit('/').next().unwrap_or(stem).to_owned(),
        };
        format!("{stem}.holdover.swift")
    }
}

impl Default for SwiftOptions {
    fn default() -> Self {
        Self {
            visibility: Visibility::default(),
            file_naming: FileNaming::default(),
            module_mapping: BTreeMap::new(),
            extra_module_imports: Vec::new(),
            swift_protobuf_module_name: "SwiftProtobuf".to_owned(),
            keep_method_casing: false,
            use_access_level_on_imports: false,
        }
    }
}

impl SwiftOptions {
    /// The names of all options, as they are written on command lines and in `holdover.toml`.
    pub const NAMES: &'static [&'static str] = &[
        "visibility",
        "file_naming",
        "module_mapping",
        "extra_module_imports",
        "swift_protobuf_module_name",
        "keep_method_casing",
        "use_access_level_on_imports",
    ];

    /// Sets an option from text: `visibility=public`, `module_mapping=common/types.proto=CommonProtos`.
    pub fn set(&mut self, option: &str) -> Result<(), OptionError> {
        let (name, value) =
            option.split_once('=').ok_or_else(|| OptionError::Syntax { option: option.to_owned() })?;
        match name {
            "visibility" => {
                self.visibility =
                    OptionError::choose("visibility", value, &Visibility::ALL, Visibility::name)?;
            }
            "file_naming" => {
                self.file_naming =
                    OptionError::choose("file_naming", value, &FileNaming::ALL, FileNaming::name)?;
            }
            "module_mapping" => {
                let wrong = || OptionError::ModuleMapping { mapping: value.to_owned() };
                let (file, module) = value.split_once('=').ok_or_else(wrong)?;
                if file.is_empty() || !is_module(module) {
                    return Err(wrong());
                }
                if self
                    .module_mapping
                    .insert(file.to_owned(), module.to_owned())
                    .is_some_and(|old| old != module)
                {
                    return Err(OptionError::Duplicate { name: "module_mapping", path: file.to_owned() });
                }
            }
            "extra_module_imports" => self.extra_module_imports.push(module("extra_module_imports", value)?),
            "swift_protobuf_module_name" => {
                self.swift_protobuf_module_name = module("swift_protobuf_module_name", value)?;
            }
            "keep_method_casing" => self.keep_method_casing = OptionError::flag("keep_method_casing", value)?,
            "use_access_level_on_imports" => {
                self.use_access_level_on_imports = OptionError::flag("use_access_level_on_imports", value)?;
            }
            unknown => return Err(OptionError::unknown("swift", unknown, Self::NAMES)),
        }
        Ok(())
    }
}

/// Whether a text can be the name of a module.
fn is_module(name: &str) -> bool {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn module(name: &'static str, value: &str) -> Result<String, OptionError> {
    if is_module(value) {
        return Ok(value.to_owned());
    }
    Err(OptionError::Value {
        name,
        value: value.to_owned(),
        expected: "the name of a Swift module, such as CommonProtos".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_from_text() {
        let mut options = SwiftOptions::default();
        for option in [
            "visibility=package",
            "file_naming=drop_path",
            "module_mapping=common/types.proto=CommonProtos",
            "extra_module_imports=Extra",
            "swift_protobuf_module_name=Proto",
            "keep_method_casing=true",
            "use_access_level_on_imports=true",
        ] {
            options.set(option).unwrap();
        }
        assert_eq!(options.visibility, Visibility::Package);
        assert_eq!(options.module_mapping["common/types.proto"], "CommonProtos");
        assert!(options.keep_method_casing && options.use_access_level_on_imports);
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let wrong = |option: &str| SwiftOptions::default().set(option).unwrap_err().to_string();
        assert!(wrong("visibilty=public").contains("did you mean `visibility`?"));
        assert_eq!(
            wrong("visibility=open"),
            "visibility: \"open\" is not understood; write one of internal, public, package"
        );
        assert!(wrong("keep_method_casing=yes").contains("true, false"));
        assert!(wrong("module_mapping=a.proto").contains("module_mapping=common/types.proto=CommonProtos"));
        assert!(wrong("module_mapping=a.proto=not a module").contains("module_mapping"));
        assert!(wrong("swift_protobuf_module_name=1").contains("Swift module"));
        assert!(wrong("visibility").contains("name=value"));
        let mut twice = SwiftOptions::default();
        twice.set("module_mapping=a.proto=A").unwrap();
        assert!(twice.set("module_mapping=a.proto=B").unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn files_are_called_as_swift_protobuf_would_call_them() {
        let file = |naming: FileNaming| naming.file("pricing/v1/pricing.proto");
        assert_eq!(
            FileNaming::ALL.map(file),
            [
                "pricing/v1/pricing.holdover.swift",
                "pricing_v1_pricing.holdover.swift",
                "pricing.holdover.swift"
            ]
        );
    }
}
