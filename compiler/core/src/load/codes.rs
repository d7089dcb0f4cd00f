//! What can be wrong with a schema before any annotation is read.

use crate::diagnostic::Code;

macro_rules! codes {
    ($($name:ident = $text:literal;)*) => {
        $(#[doc = $text] pub const $name: Code = Code::new(stringify!($name));)*

        /// Every code of this module with the page that explains it.
        pub const PAGES: &[(Code, &str)] = &[$(($name, $text)),*];
    };
}

codes! {
    SYNTAX = "The file is not valid protobuf. The message names what was expected at the underlined place.";
    FILE_NOT_FOUND = "A file that was asked for is in none of the include paths. Files are named as `import` names them: relative to an include path.";
    FILE_UNREADABLE = "The file exists, but reading it failed. Check its permissions, and that it is a file.";
    FILE_TOO_LARGE = "A schema file is larger than any schema is. Check that it is not something else by mistake, or split it.";
    FILE_DUPLICATE = "One file is reached under two names, because two include paths overlap (`.` and `proto`, say). Everything in it would be defined twice. Import it under one name everywhere, and drop one of the include paths.";
    NOT_UTF8 = "A `.proto` file must be UTF-8. Convert the file; editors call this `save with encoding`.";
    EDITION_UNSUPPORTED = "The file is written in a protobuf edition. Holdover reads `proto2` and `proto3` for now. Write `syntax = \"proto3\";` instead of the edition, if the file needs no edition feature.";
    IMPORT_NOT_FOUND = "An imported file is in none of the include paths. Add the directory that the import starts from as an include path.";
    IMPORT_CYCLE = "Files import each other in a circle, which protobuf does not allow. Move what both need into a file of its own.";
    IMPORT_DUPLICATE = "A file is imported twice. Remove one of the two imports.";
    IMPORT_UNUSED = "Nothing from the imported file is used. Remove the import.";
    NAME_UNKNOWN = "A type or option name stands for nothing. Names are looked up from the innermost scope outwards, in the file itself, in the files it imports, and in what those import publicly. A leading dot starts at the root.";
    NAME_NOT_IMPORTED = "The name exists, but in a file that this file does not import. Import it.";
    NAME_SHADOWED = "The first part of the name was found in an inner scope, and the rest of it is not there. Protobuf does not look further out then. Start the name with a dot to begin at the root.";
    NAME_WRONG_KIND = "The name stands for something else than what is needed here, such as an enum where a message must be.";
    NAME_DUPLICATE = "Two things have the same full name. Enum values count as siblings of their enum, not as its children.";
    EXTENSION_DUPLICATE = "Two extensions of one message use the same number, so that a reader could not tell them apart. Give one of them another number.";
    UNKNOWN_OPTION = "There is no such option, or no such field in it. The message offers the nearest name.";
    WRONG_TARGET = "The option exists, but not for this kind of thing: `(holdover.method)` goes on a method, `(holdover.field)` on a field, and so on.";
    OPTION_VALUE = "The value does not fit the option's type.";
    NESTING_TOO_DEEP = "Messages or option values are nested deeper than any schema needs. The limits keep hostile input from exhausting the stack.";
    SCHEMA_INVALID = "The schema breaks a rule of protobuf, such as a field number used twice. protoc would refuse it too.";
    DESCRIPTOR_INVALID = "The descriptor set is damaged or incomplete. Make it again, with `protoc --include_imports --include_source_info --descriptor_set_out=FILE` or `buf build -o FILE`.";
    ANNOTATIONS_LOST = "Files of the descriptor set import `holdover/annotations.proto`, but there is no Holdover option in the whole set, so that nothing of it has any effect. Tools that do not know custom options drop them when they write a set. Make the set with `protoc --include_imports --include_source_info --descriptor_set_out=FILE`, `buf build -o FILE` or `file_descriptor_set_path` of holdover-build, or remove the import.";
    ANNOTATIONS_DIFFER = "The include path has a copy of `holdover/annotations.proto` that differs from the one this compiler carries. Remove the copy (the compiler needs none), or renew it with `holdover proto --out DIR`.";
}
