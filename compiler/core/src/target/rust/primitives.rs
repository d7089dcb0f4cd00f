//! Modules that would be called like a primitive type.
//!
//! prost-build makes a module for what is declared inside a message, called like the message: `Str` gives `mod str`. In
//! its surroundings `str` then is that module and no type any more, and neither prost's derives nor rustc's own code
//! expects it. Such modules get an underscore, and all paths through them.

use super::names::{ident, snake};
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};

const PRIMITIVES: &[&str] = &[
    "bool", "char", "str", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
    "u64", "u128", "usize",
];

/// The module of what is declared inside a message, or of a part of a package's name.
pub(super) fn module(name: &str) -> Ident {
    let name = snake(name);
    renamed(&name).unwrap_or(name)
}

fn renamed(name: &Ident) -> Option<Ident> {
    PRIMITIVES.iter().any(|primitive| name == primitive).then(|| ident(&format!("{name}_")))
}

/// Renames in what prost-build generated.
pub(super) fn rename_in_file(file: &mut syn::File) {
    Rename.visit_file_mut(file);
}

/// Renames in a type that prost-build has resolved.
pub(super) fn rename_in_type(ty: &mut syn::Type) {
    Rename.visit_type_mut(ty);
}

struct Rename;

impl VisitMut for Rename {
    fn visit_item_mod_mut(&mut self, item: &mut syn::ItemMod) {
        item.ident = renamed(&item.ident).unwrap_or_else(|| item.ident.clone());
        visit_mut::visit_item_mod_mut(self, item);
    }

    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        rename_in_path(path);
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_attribute_mut(&mut self, attribute: &mut syn::Attribute) {
        if !attribute.path().is_ident("prost") {
            return;
        }
        let syn::Meta::List(list) = &mut attribute.meta else { return };
        list.tokens = in_attribute(std::mem::take(&mut list.tokens));
    }
}

/// All segments but the last are modules, but for what is said from another crate's root.
fn rename_in_path(path: &mut syn::Path) {
    let elsewhere = path.segments.first().is_some_and(|first| first.ident == "crate");
    if path.leading_colon.is_some() || elsewhere {
        return;
    }
    let modules = path.segments.len().saturating_sub(1);
    for segment in path.segments.iter_mut().take(modules) {
        segment.ident = renamed(&segment.ident).unwrap_or_else(|| segment.ident.clone());
    }
}

/// `#[prost(oneof = "str::Kind", …)]`, `enumeration = "str::Mode"`, `map = "string, enumeration(str::Mode)"`.
fn in_attribute(tokens: TokenStream) -> TokenStream {
    use proc_macro2::{Literal, TokenTree};
    let mut key = String::new();
    let mut value = |token: TokenTree| match token {
        TokenTree::Ident(name) => {
            key = name.to_string();
            TokenTree::Ident(name)
        }
        TokenTree::Literal(literal) => {
            let text = syn::parse2::<syn::LitStr>(literal.to_token_stream()).map(|text| text.value());
            let text = text.ok().and_then(|text| match key.as_str() {
                "oneof" | "enumeration" => path_text(&text),
                "map" | "btree_map" => map_text(&text),
                _ => None,
            });
            TokenTree::Literal(text.map_or(literal, |text| Literal::string(&text)))
        }
        other => other,
    };
    tokens.into_iter().map(&mut value).collect()
}

fn path_text(text: &str) -> Option<String> {
    let mut path: syn::Path = syn::parse_str(text).ok()?;
    rename_in_path(&mut path);
    Some(path.to_token_stream().to_string().replace(' ', ""))
}

fn map_text(text: &str) -> Option<String> {
    let (before, rest) = text.split_once("enumeration(")?;
    let (path, after) = rest.split_once(')')?;
    Some(format!("{before}enumeration({}){after}", path_text(path)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn modules_called_like_primitives_are_renamed_wherever_they_are_named() {
        let mut file: syn::File = syn::parse2(quote! {
            pub struct Outer {
                #[prost(oneof = "str::Kind", tags = "1, 2")]
                pub kind: ::core::option::Option<str::Kind>,
                #[prost(string, tag = "3", default = "str::Kind")]
                pub text: ::prost::alloc::string::String,
                #[prost(map = "int32, enumeration(super::u32::Mode)", tag = "4")]
                pub modes: ::std::collections::HashMap<i32, i32>,
                pub there: ::common::str::Kind,
                pub here: crate::str::Kind,
                pub size: u32,
            }
            pub mod str {
                pub mod option {}
            }
        })
        .unwrap();
        rename_in_file(&mut file);
        let expected = quote! {
            pub struct Outer {
                #[prost(oneof = "str_::Kind", tags = "1, 2")]
                pub kind: ::core::option::Option<str_::Kind>,
                #[prost(string, tag = "3", default = "str::Kind")]
                pub text: ::prost::alloc::string::String,
                #[prost(map = "int32, enumeration(super::u32_::Mode)", tag = "4")]
                pub modes: ::std::collections::HashMap<i32, i32>,
                pub there: ::common::str::Kind,
                pub here: crate::str::Kind,
                pub size: u32,
            }
            pub mod str_ {
                pub mod option {}
            }
        };
        assert_eq!(file.to_token_stream().to_string(), expected.to_string());
    }
}
