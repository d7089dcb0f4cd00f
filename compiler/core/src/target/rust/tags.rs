//! Constructors of tags.

use super::names::{Names, ident, snake};
use super::{Item, Rust, allow, docs};
use crate::ir::TagPart;
use crate::target::{Package, TargetError};
use holdover_annotations::policy::field::Kind;
use proc_macro2::TokenStream;
use quote::quote;

/// A module with a function for each shape of tag: `tags::ride(ride_id)`.
pub(super) fn tags(rust: &Rust, package: &Package<'_>) -> Result<TokenStream, TargetError> {
    if package.tags.is_empty() {
        return Ok(TokenStream::new());
    }
    let module = rust.name(&Item::Tags(package.name.clone()))?;
    let holdover = &rust.holdover;
    let mut functions = Names::default();
    let functions = package.tags.iter().map(|tag| {
        let name = functions.take(&snake(&tag.name));
        let mut arguments = Names::default();
        let mut parameters = Vec::new();
        let mut calls = Vec::new();
        for part in &tag.parts {
            match part {
                TagPart::Literal(text) => calls.push(quote!(.literal(#text))),
                TagPart::Value { name, kind } => {
                    let argument = arguments.take(&ident(name));
                    let ty = value_type(*kind);
                    parameters.push(quote!(#argument: #ty));
                    calls.push(if is_text(*kind) {
                        quote!(.value(::core::convert::Into::<::std::string::String>::into(#argument)))
                    } else {
                        quote!(.value(#argument))
                    });
                }
            }
        }
        let doc = docs([format!("`{}`", tag.text.replace('`', "'"))]);
        quote! {
            #doc
            pub fn #name(#(#parameters),*) -> #holdover::Tag {
                #holdover::binding::TagBuilder::new()#(#calls)*.build()
            }
        }
    });
    let [allow, clippy] = allow();
    Ok(quote! {
        /// Names of what answers are about, for `Session::invalidate`.
        #allow
        #clippy
        pub mod #module {
            #(#functions)*
        }
    })
}

fn is_text(kind: Kind) -> bool {
    matches!(kind, Kind::String | Kind::Bytes)
}

/// What a value is given as; an enum as its number.
fn value_type(kind: Kind) -> TokenStream {
    match kind {
        Kind::Bool => quote!(bool),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Enum => quote!(i32),
        Kind::Uint32 | Kind::Fixed32 => quote!(u32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => quote!(i64),
        Kind::Uint64 | Kind::Fixed64 => quote!(u64),
        _ => quote!(impl ::core::convert::Into<::std::string::String>),
    }
}
