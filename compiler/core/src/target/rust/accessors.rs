//! Accessors of fields that may be withheld.

use super::messages::{inside, module_name};
use super::names::{Names, camel, snake};
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
        let mut path: Vec<Ident> = parents.iter().map(|parent| snake(parent)).collect();
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
        Ok((
            quote!(#holdover::Enriching<&'a #ty>),
            quote!(self.view.oneof(&[#(#numbers),*], self.message.#name.as_ref(), |last| last.#name.as_ref())),
        ))
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
        let own = self.singular(field, &quote!(self.message))?;
        let last = self.singular(field, &quote!(last))?;
        Ok(if accessor.droppable {
            (
                quote!(#holdover::Enriching<(&'a #ty, #holdover::View<'a, #ty>)>),
                quote!(self.view.message(#number, #own, |last| #last)),
            )
        } else {
            (
                quote!(::core::option::Option<(&'a #ty, #holdover::View<'a, #ty>)>),
                quote!(#own.map(|message| (message, self.view.child(#number, |last| #last)))),
            )
        })
    }

    /// A singular message as an option of a reference, out of a message or out of a oneof.
    fn singular(&self, field: &FieldDescriptor, message: &TokenStream) -> Result<TokenStream, TargetError> {
        if let Some(oneof) = field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) {
            let (name, ty) = (snake(oneof.name()), self.oneof_type(&oneof)?);
            let variant = camel(field.name());
            let inner = match field.kind() {
                Kind::Message(inner) => self.rust.type_of(self.package, inner.full_name())?,
                _ => return Err(TargetError::Inconsistent { what: field.full_name().to_owned() }),
            };
            // `identity` sees through the box of a recursive member.
            return Ok(quote! {
                match &#message.#name {
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
        Ok(quote!(#message.#name.#borrow()))
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
                let of = |message: TokenStream| quote!((!#message.#name.is_empty()).then(|| #message.#name.as_slice()));
                let (own, last) = (of(quote!(self.message)), of(quote!(last)));
                (
                    quote!(#holdover::Enriching<&'a [#item]>),
                    quote!(self.view.field(#number, #own, |last| #last)),
                )
            }
        })
    }

    fn map(&self, field: &FieldDescriptor, accessor: &Accessor<'_>) -> Result<Function, TargetError> {
        let holdover = &self.rust.holdover;
        let number = Literal::u32_unsuffixed(field.number());
        let name = snake(field.name());
        let ty = self.field_type(&name)?;
        let syn::Type::Path(syn::TypePath { path, .. }) = ty else {
            return Err(TargetError::Inconsistent { what: field.full_name().to_owned() });
        };
        let mut map = path.clone();
        let mut arguments = map.segments.last_mut().map(|last| std::mem::take(&mut last.arguments));
        let (key, mut value) = match &mut arguments {
            Some(syn::PathArguments::AngleBracketed(arguments)) if arguments.args.len() == 2 => {
                (arguments.args[0].to_token_stream(), arguments.args[1].to_token_stream())
            }
            _ => return Err(TargetError::Inconsistent { what: field.full_name().to_owned() }),
        };
        let entry = field.kind().as_message().and_then(|entry| entry.get_field_by_name("value"));
        if let Some(Kind::Message(message)) = entry.map(|value| value.kind()) {
            value = self.rust.type_of(self.package, message.full_name())?;
        }
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
                    let own = (!self.message.#name.is_empty()).then(|| (&self.message.#name, self.view.map_value(#number)));
                    self.view.field(#number, own, |last| {
                        (!last.#name.is_empty()).then(|| (&last.#name, #holdover::View::complete()))
                    })
                },
            ),
            (true, false) => (
                quote!(#holdover::Enriching<&'a #map<#key, #value>>),
                quote! {
                    let own = (!self.message.#name.is_empty()).then(|| &self.message.#name);
                    self.view.field(#number, own, |last| (!last.#name.is_empty()).then(|| &last.#name))
                },
            ),
        })
    }

    /// A singular field without accessors of its own.
    fn leaf(&self, field: &FieldDescriptor) -> Result<Function, TargetError> {
        let holdover = &self.rust.holdover;
        let number = Literal::u32_unsuffixed(field.number());
        let name = snake(field.name());
        let optional = inside(self.field_type(&name)?, "Option").is_some();
        let by_value = |ty: TokenStream, absent: TokenStream, change: TokenStream| {
            let of = |message: TokenStream| {
                if optional {
                    quote!(#message.#name #change)
                } else {
                    quote!(::core::option::Option::Some(#message.#name).filter(|value| #absent) #change)
                }
            };
            (ty, of(quote!(self.message)), of(quote!(last)))
        };
        let none = TokenStream::new;
        let (ty, own, last) = match field.kind() {
            Kind::Message(message) => {
                let ty = self.rust.type_of(self.package, message.full_name())?;
                (
                    quote!(&'a #ty),
                    self.singular(field, &quote!(self.message))?,
                    self.singular(field, &quote!(last))?,
                )
            }
            Kind::String | Kind::Bytes => {
                let ty = if field.kind() == Kind::String { quote!(str) } else { quote!([u8]) };
                let of = |message: TokenStream| {
                    if optional {
                        quote!(#message.#name.as_deref())
                    } else {
                        quote!(::core::option::Option::Some(&*#message.#name).filter(|value| !value.is_empty()))
                    }
                };
                (quote!(&'a #ty), of(quote!(self.message)), of(quote!(last)))
            }
            Kind::Enum(each) => {
                let ty = self.rust.type_of(self.package, each.full_name())?;
                let change = quote!(.map(|value| #ty::try_from(value).unwrap_or_default()));
                by_value(ty, quote!(*value != 0), change)
            }
            Kind::Bool => by_value(quote!(bool), quote!(*value), none()),
            Kind::Float => by_value(quote!(f32), quote!(value.to_bits() != 0), none()),
            Kind::Double => by_value(quote!(f64), quote!(value.to_bits() != 0), none()),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => by_value(quote!(i32), quote!(*value != 0), none()),
            Kind::Uint32 | Kind::Fixed32 => by_value(quote!(u32), quote!(*value != 0), none()),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => by_value(quote!(i64), quote!(*value != 0), none()),
            Kind::Uint64 | Kind::Fixed64 => by_value(quote!(u64), quote!(*value != 0), none()),
        };
        Ok((quote!(#holdover::Enriching<#ty>), quote!(self.view.field(#number, #own, |last| #last))))
    }
}
