//! Accessors of fields that may be withheld.

use super::messages::{inside, module_name};
use super::names::{Names, camel, snake};
use super::primitives::module;
use super::{Item, Rust, allow, documented, nesting};
use crate::target::{Accessor, EnrichedMessage, Package, Part, TargetError};
use proc_macro2::{Ident, Literal, TokenStream};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};
use quote::{ToTokens, quote};

/// The struct that `message.enriched(view)` returns. Messages that other crates have get their accessors there.
pub(super) fn accessors(
    rust: &Rust,
    package: &Package<'_>,
    enriched: &EnrichedMessage<'_>,
) -> Result<TokenStream, TargetError> {
    let place = Place::new(rust, package, &enriched.message)?;
    if !place.is_local() {
        return Ok(TokenStream::new());
    }
    let holdover = &rust.holdover;
    let name = rust.name(&Item::Accessors(enriched.message.full_name().to_owned()))?;
    let message = &place.ty;
    let mut names = Names::default();
    let mut functions = Vec::new();
    for accessor in &enriched.accessors {
        let function = names.take(&snake(accessor.part.name()));
        let (ty, body) = match &accessor.part {
            Part::Oneof(oneof) => place.oneof(oneof)?,
            Part::Field(field) => place.field(field, accessor)?,
        };
        let doc = documented(accessor.comment, &format!("`{}`", accessor.part.name()), &[]);
        functions.push(quote!(#doc pub fn #function(self) -> #ty { #body }));
    }
    let doc = documented(
        None,
        &format!(
            "What a poor network may leave out of [`{}`], and what is below it.",
            message.to_token_stream()
        ),
        &[],
    );
    let [allow, clippy] = allow();
    Ok(quote! {
        #doc
        #allow
        #clippy
        #[derive(Clone, Copy, Debug)]
        pub struct #name<'a> {
            message: &'a #message,
            view: #holdover::View<'a, #message>,
        }

        #allow
        #clippy
        impl #holdover::Enrich for #message {
            type Accessors<'a> = #name<'a>;

            fn enriched<'a>(&'a self, withheld: #holdover::View<'a, Self>) -> #name<'a> {
                #name { message: self, view: withheld }
            }
        }

        #allow
        #clippy
        #[allow(single_use_lifetimes, reason = "generated")]
        impl<'a> #name<'a> {
            #(#functions)*
        }
    })
}

/// A message, as seen from its package's root.
struct Place<'a> {
    rust: &'a Rust,
    package: &'a Package<'a>,
    module: String,
    /// Modules from the package's root to the message, and the message.
    path: Vec<Ident>,
    ty: TokenStream,
}

/// A type and a body.
type Function = (TokenStream, TokenStream);

impl<'a> Place<'a> {
    fn new(
        rust: &'a Rust,
        package: &'a Package<'a>,
        message: &MessageDescriptor,
    ) -> Result<Self, TargetError> {
        let (parents, name) = nesting(message);
        let mut path: Vec<Ident> = parents.iter().map(|parent| module(parent)).collect();
        path.push(camel(&name));
        let ty = rust.type_of(package, message.full_name())?;
        Ok(Self { rust, package, module: module_name(&package.name), path, ty })
    }

    /// prost-build generated the message here, and no extern_path said that it is elsewhere.
    fn is_local(&self) -> bool {
        self.rust.messages.has_struct(&self.module, &self.path)
    }

    fn field_type(&self, field: &Ident) -> Result<&syn::Type, TargetError> {
        let ty = self.rust.messages.field_type(&self.module, &self.path, field);
        ty.ok_or_else(|| TargetError::Inconsistent { what: format!("field {field} of {}", self.ty) })
    }

    /// A oneof that may be dropped.
    fn oneof(&self, oneof: &OneofDescriptor) -> Result<Function, TargetError> {
        let holdover = &self.rust.holdover;
        let name = snake(oneof.name());
        let ty = self.oneof_type(oneof)?;
        let numbers = oneof.fields().map(|field| Literal::u32_unsuffixed(field.number()));
        let pick = self.pick(&quote!(message.#name.as_ref()));
        Ok((
            quote!(#holdover::Enriching<&'a #ty>),
            quote!(#pick self.view.oneof(&[#(#numbers),*], pick(self.message), pick)),
        ))
    }

    /// A closure that picks something out of a message: this one, or the last known one.
    fn pick(&self, picked: &TokenStream) -> TokenStream {
        let ty = &self.ty;
        quote!(let pick = |message: &'a #ty| #picked;)
    }

    /// The enum of a oneof: prost-build writes it relative to the module that the message is in.
    fn oneof_type(&self, oneof: &OneofDescriptor) -> Result<TokenStream, TargetError> {
        let name = snake(oneof.name());
        let ty = self.field_type(&name)?;
        let inner = inside(ty, "Option").unwrap_or(ty);
        let modules = &self.path[..self.path.len() - 1];
        Ok(quote!(#(#modules::)*#inner))
    }

    fn field(&self, field: &FieldDescriptor, accessor: &Accessor<'_>) -> Result<Function, TargetError> {
        if field.is_map() {
            self.map(field, accessor)
        } else if field.is_list() {
            self.list(field, accessor)
        } else if let (true, Kind::Message(message)) = (accessor.viewed, field.kind()) {
            self.message(field, &message, accessor)
        } else {
            self.leaf(field)
        }
    }

    /// A message with accessors of its own.
    fn message(
        &self,
        field: &FieldDescriptor,
        message: &MessageDescriptor,
        accessor: &Accessor<'_>,
    ) -> Result<Function, TargetError> {
        let holdover = &self.rust.holdover;
        let number = Literal::u32_unsuffixed(field.number());
        let ty = self.rust.type_of(self.package, message.full_name())?;
        let pick = self.pick(&self.singular(field)?);
        Ok(if accessor.droppable {
            (
                quote!(#holdover::Enriching<(&'a #ty, #holdover::View<'a, #ty>)>),
                quote!(#pick self.view.message(#number, pick(self.message), pick)),
            )
        } else {
            (
                quote!(::core::option::Option<(&'a #ty, #holdover::View<'a, #ty>)>),
                quote!(#pick pick(self.message).map(|inner| (inner, self.view.child(#number, pick)))),
            )
        })
    }

    /// A singular message as an option of a reference, out of `message` or out of a oneof of it.
    fn singular(&self, field: &FieldDescriptor) -> Result<TokenStream, TargetError> {
        if let Some(oneof) = field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) {
            let (name, ty) = (snake(oneof.name()), self.oneof_type(&oneof)?);
            let variant = camel(field.name());
            let inner = match field.kind() {
                Kind::Message(inner) => self.rust.type_of(self.package, inner.full_name())?,
                _ => return Err(TargetError::Inconsistent { what: field.full_name().to_owned() }),
            };
            // `identity` sees through the box of a recursive member.
            return Ok(quote! {
                match &message.#name {
                    ::core::option::Option::Some(#ty::#variant(member)) => {
                        ::core::option::Option::Some(::core::convert::identity::<&'a #inner>(member))
                    }
                    _ => ::core::option::Option::None,
                }
            });
        }
        let name = snake(field.name());
        let ty = self.field_type(&name)?;
        let boxed = inside(ty, "Option").is_some_and(|inner| inside(inner, "Box").is_some());
        let borrow = if boxed { quote!(as_deref) } else { quote!(as_ref) };
        Ok(quote!(message.#name.#borrow()))
    }

    fn list(&self, field: &FieldDescriptor, accessor: &Accessor<'_>) -> Result<Function, TargetError> {
        let holdover = &self.rust.holdover;
        let number = Literal::u32_unsuffixed(field.number());
        let name = snake(field.name());
        let item = match field.kind() {
            Kind::Message(message) => self.rust.type_of(self.package, message.full_name())?,
            // Scalars are written in full, and enums as i32: the same from everywhere.
            _ => inside(self.field_type(&name)?, "Vec").to_token_stream(),
        };
        Ok(match (accessor.droppable, accessor.viewed) {
            (true, true) => (
                quote!(#holdover::Enriching<#holdover::Items<'a, #item>>),
                quote!(self.view.list(#number, &self.message.#name, |last| &last.#name)),
            ),
            (false, _) => {
                (quote!(#holdover::Items<'a, #item>), quote!(self.view.items(#number, &self.message.#name)))
            }
            (true, false) => {
                let some = quote!(::core::option::Option::Some(message.#name.as_slice()));
                let pick = self.pick(&quote!(#some.filter(|items| !items.is_empty())));
                (
                    quote!(#holdover::Enriching<&'a [#item]>),
                    quote!(#pick self.view.field(#number, pick(self.message), pick)),
                )
            }
        })
    }

    fn map(&self, field: &FieldDescriptor, accessor: &Accessor<'_>) -> Result<Function, TargetError> {
        let holdover = &self.rust.holdover;
        let number = Literal::u32_unsuffixed(field.number());
        let name = snake(field.name());
        let (map, key, value) = self.map_type(field, &name)?;
        let some = quote!(::core::option::Option::Some(&message.#name));
        let pick = self.pick(&quote!(#some.filter(|map| !map.is_empty())));
        Ok(match (accessor.droppable, accessor.viewed) {
            (false, _) => (
                quote! {
                    impl ::core::iter::Iterator<Item = (&'a #key, &'a #value, #holdover::View<'a, #value>)> + 'a
                },
                quote! {
                    let view = self.view.map_value(#number);
                    self.message.#name.iter().map(move |(key, value)| (key, value, view))
                },
            ),
            (true, true) => (
                quote!(#holdover::Enriching<(&'a #map<#key, #value>, #holdover::View<'a, #value>)>),
                quote! {
                    #pick
                    let own = pick(self.message).map(|map| (map, self.view.map_value(#number)));
                    self.view.field(#number, own, |last| pick(last).map(|map| (map, #holdover::View::complete())))
                },
            ),
            (true, false) => (
                quote!(#holdover::Enriching<&'a #map<#key, #value>>),
                quote!(#pick self.view.field(#number, pick(self.message), pick)),
            ),
        })
    }

    /// Which map a field is, and of what: prost-build writes the types of values relative to the message.
    fn map_type(
        &self,
        field: &FieldDescriptor,
        name: &Ident,
    ) -> Result<(TokenStream, TokenStream, TokenStream), TargetError> {
        let inconsistent = || TargetError::Inconsistent { what: field.full_name().to_owned() };
        let syn::Type::Path(syn::TypePath { path, .. }) = self.field_type(name)? else {
            return Err(inconsistent());
        };
        let mut map = path.clone();
        let arguments = map.segments.last_mut().map(|last| std::mem::take(&mut last.arguments));
        let Some(syn::PathArguments::AngleBracketed(arguments)) = arguments else {
            return Err(inconsistent());
        };
        let arguments: Vec<TokenStream> = arguments.args.iter().map(ToTokens::to_token_stream).collect();
        let [key, value] = arguments.as_slice() else { return Err(inconsistent()) };
        let entry = field.kind().as_message().and_then(|entry| entry.get_field_by_name("value"));
        let value = match entry.map(|value| value.kind()) {
            Some(Kind::Message(message)) => self.rust.type_of(self.package, message.full_name())?,
            _ => value.clone(),
        };
        Ok((map.to_token_stream(), key.clone(), value))
    }

    /// A singular field without accessors of its own.
    fn leaf(&self, field: &FieldDescriptor) -> Result<Function, TargetError> {
        let holdover = &self.rust.holdover;
        let number = Literal::u32_unsuffixed(field.number());
        let name = snake(field.name());
        let optional = inside(self.field_type(&name)?, "Option").is_some();
        // Without presence, zero counts as absent.
        let scalar = |present: TokenStream| {
            if optional {
                quote!(message.#name)
            } else {
                quote!(::core::option::Option::Some(message.#name).filter(|value| #present))
            }
        };
        let integer = || scalar(quote!(*value != 0));
        let text = || {
            if optional {
                quote!(message.#name.as_deref())
            } else {
                quote!(::core::option::Option::Some(&*message.#name).filter(|value| !value.is_empty()))
            }
        };
        let (ty, picked) = match field.kind() {
            Kind::Message(message) => {
                let ty = self.rust.type_of(self.package, message.full_name())?;
                (quote!(&'a #ty), self.singular(field)?)
            }
            Kind::String => (quote!(&'a str), text()),
            Kind::Bytes => (quote!(&'a [u8]), text()),
            Kind::Enum(each) => {
                let ty = self.rust.type_of(self.package, each.full_name())?;
                let number = integer();
                let known =
                    quote!(<#ty as ::core::convert::TryFrom<i32>>::try_from(value).unwrap_or_default());
                (ty, quote!(#number.map(|value| #known)))
            }
            Kind::Bool => (quote!(bool), scalar(quote!(*value))),
            Kind::Float => (quote!(f32), scalar(quote!(value.to_bits() != 0))),
            Kind::Double => (quote!(f64), scalar(quote!(value.to_bits() != 0))),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => (quote!(i32), integer()),
            Kind::Uint32 | Kind::Fixed32 => (quote!(u32), integer()),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => (quote!(i64), integer()),
            Kind::Uint64 | Kind::Fixed64 => (quote!(u64), integer()),
        };
        let pick = self.pick(&picked);
        Ok((
            quote!(#holdover::Enriching<#ty>),
            quote!(#pick self.view.field(#number, pick(self.message), pick)),
        ))
    }
}
