//! Where elements and their annotations stand in loaded files.

use super::{Element, Entry, Site};
use crate::load::Loaded;
use prost_reflect::DescriptorPool;

/// The file of an element and its path in the file's descriptor.
fn place(pool: &DescriptorPool, element: &Element) -> Option<(String, Vec<i32>)> {
    let parent = || element.name().rsplit_once('.');
    Some(match element {
        Element::File(name) => (name.clone(), Vec::new()),
        Element::Service(name) => {
            let service = pool.get_service_by_name(name)?;
            (service.parent_file().name().to_owned(), service.path().to_vec())
        }
        Element::Method(_) => {
            let (service, name) = parent()?;
            let service = pool.get_service_by_name(service)?;
            let method = service.methods().find(|method| method.name() == name)?;
            (service.parent_file().name().to_owned(), method.path().to_vec())
        }
        Element::Message(name) => {
            let message = pool.get_message_by_name(name)?;
            (message.parent_file().name().to_owned(), message.path().to_vec())
        }
        Element::Field(_) => {
            if let Some(extension) = pool.get_extension_by_name(element.name()) {
                return Some((extension.parent_file().name().to_owned(), extension.path().to_vec()));
            }
            let (message, name) = parent()?;
            let field = pool.get_message_by_name(message)?.get_field_by_name(name)?;
            (field.parent_file().name().to_owned(), field.path().to_vec())
        }
        Element::Oneof(_) => {
            let (message, name) = parent()?;
            let message = pool.get_message_by_name(message)?;
            let oneof = message.oneofs().find(|oneof| oneof.name() == name)?;
            (message.parent_file().name().to_owned(), oneof.path().to_vec())
        }
        Element::Enum(_) | Element::EnumValue(_) | Element::ExtensionRange(_) => return None,
    })
}

/// Everything that is written about an element.
pub(super) fn site(loaded: &Loaded, element: &Element) -> Site {
    let Some((file, path)) = place(loaded.pool(), element) else { return Site::default() };
    let option = element.option().unwrap_or_default();
    let statements = loaded.statements(&file, &path).into_iter();
    let entries = statements
        .filter(|statement| statement.is(option))
        .flat_map(|statement| Entry::tree(&statement.members))
        .collect();
    let element =
        loaded.file(&file).and_then(|file| if path.is_empty() { None } else { file.name_span(&path) });
    Site { entries, element, overlays: Vec::new() }
}

/// The loaded files have the element.
pub(super) fn exists(loaded: &Loaded, element: &Element) -> bool {
    match element {
        Element::File(name) => loaded.file(name).is_some(),
        _ => place(loaded.pool(), element).is_some(),
    }
}

/// The names of all elements of the same kind, as people write them.
pub(super) fn names(loaded: &Loaded, like: &Element) -> Vec<String> {
    let pool = loaded.pool();
    let messages = || pool.all_messages();
    match like {
        Element::File(_) => loaded.files().iter().map(|file| file.name().to_owned()).collect(),
        Element::Service(_) => pool.services().map(|service| service.full_name().to_owned()).collect(),
        Element::Method(_) => pool
            .services()
            .flat_map(|service| {
                service.methods().map(|method| method.full_name().to_owned()).collect::<Vec<_>>()
            })
            .map(|name| Element::Method(name).to_string())
            .collect(),
        Element::Message(_) => messages().map(|message| message.full_name().to_owned()).collect(),
        Element::Field(_) => messages()
            .flat_map(|message| {
                message.fields().map(|field| field.full_name().to_owned()).collect::<Vec<_>>()
            })
            .collect(),
        Element::Oneof(_) => messages()
            .flat_map(|message| {
                message.oneofs().map(|oneof| oneof.full_name().to_owned()).collect::<Vec<_>>()
            })
            .collect(),
        Element::Enum(_) | Element::EnumValue(_) | Element::ExtensionRange(_) => Vec::new(),
    }
}
