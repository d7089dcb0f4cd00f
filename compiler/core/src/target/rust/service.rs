//! Interfaces, clients and fakes of services.

mod function;

use super::names::camel;
use super::{Item, Rust, allow, documented};
use crate::target::{Package, Service, TargetError, sentences};
use function::{Function, Functions, deprecated, functions};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// `trait Pricing`: object-safe, so that apps can hold an `Arc<dyn Pricing>`.
pub(super) fn interface(
    rust: &Rust,
    package: &Package<'_>,
    service: &Service<'_>,
) -> Result<TokenStream, TargetError> {
    let name = rust.name(&Item::Interface(service.ir.name.clone()))?;
    let doc = documented(service.comment, &sentences::service(service), &[]);
    let deprecated = deprecated(service.ir.deprecated);
    let [allow, clippy] = allow();
    let functions = functions(rust, package, service)?;
    let methods = functions
        .iter()
        .flat_map(|each| &each.all)
        .map(|Function { head, signature, .. }| quote!(#head #signature;));
    Ok(quote! {
        #doc
        #deprecated
        #allow
        #clippy
        pub trait #name: ::core::marker::Send + ::core::marker::Sync {
            #(#methods)*
        }
    })
}

/// `PricingClient`: the interface, answered by a session.
pub(super) fn client(
    rust: &Rust,
    package: &Package<'_>,
    service: &Service<'_>,
) -> Result<TokenStream, TargetError> {
    let holdover = &rust.holdover;
    let name = rust.name(&Item::Client(service.ir.name.clone()))?;
    let interface = rust.name(&Item::Interface(service.ir.name.clone()))?;
    let deprecated = deprecated(service.ir.deprecated);
    let [allow, clippy] = allow();
    let policy = Literal::byte_string(&service.policy);
    let doc = documented(None, &sentences::client(service), &[]);
    let functions = functions(rust, package, service)?;
    let (mut own, mut of_trait) = (Vec::new(), Vec::new());
    for Function { head, signature, name, arguments, client_body, .. } in
        functions.iter().flat_map(|each| &each.all)
    {
        own.push(quote!(#head pub #signature { #client_body }));
        of_trait.push(quote!(#signature { Self::#name(self, #arguments) }));
    }
    Ok(quote! {
        #doc
        #deprecated
        #allow
        #clippy
        #[derive(Clone, Debug)]
        pub struct #name {
            client: #holdover::binding::Client,
        }

        #allow
        #clippy
        impl #name {
            /// What the annotations of the service's methods say, compiled: a `holdover.policy.v1.PolicySet`.
            pub const POLICY: &'static [u8] = #policy;

            /// A client for one account at one endpoint. Does no input or output.
            ///
            /// # Errors
            ///
            /// MISUSE, naming the method, if the runtime cannot keep a promise that the policy makes.
            pub fn new(session: &#holdover::Session) -> ::core::result::Result<Self, #holdover::Error> {
                ::core::result::Result::Ok(Self { client: #holdover::binding::Client::bind(session, Self::POLICY)? })
            }

            #(#own)*
        }

        #allow
        #clippy
        impl #interface for #name {
            #(#of_trait)*
        }
    })
}

/// `FakePricing`: the interface, answered by closures.
pub(super) fn fake(
    rust: &Rust,
    package: &Package<'_>,
    service: &Service<'_>,
) -> Result<TokenStream, TargetError> {
    let holdover = &rust.holdover;
    let name = rust.name(&Item::Fake(service.ir.name.clone()))?;
    let interface = rust.name(&Item::Interface(service.ir.name.clone()))?;
    let deprecated = deprecated(service.ir.deprecated);
    let [allow, clippy] = allow();
    let functions = functions(rust, package, service)?;
    let (mut fields, mut values, mut methods) = (Vec::new(), Vec::new(), Vec::new());
    for Functions { method, call, fake, request, response, all } in &functions {
        let full = method.ir.full_name();
        let doc =
            documented(None, &format!("Answers `{}`, and remembers what it was asked.", method.ir.name), &[]);
        fields.push(quote!(#doc pub #call: #holdover::fake::#fake<#request, #response>));
        values.push(quote!(#call: #holdover::fake::#fake::new(#full)));
        methods.extend(
            all.iter().map(|Function { signature, fake_body, .. }| quote!(#signature { #fake_body })),
        );
    }
    let camel = camel(service.name);
    let doc = documented(
        None,
        &format!("A `{camel}` for tests of apps: closures answer, and calls are remembered."),
        &[],
    );
    Ok(quote! {
        #doc
        #deprecated
        #allow
        #clippy
        #[derive(Clone, Debug)]
        pub struct #name {
            #(#fields,)*
        }

        #allow
        #clippy
        impl #name {
            /// Every method fails until it is told what to answer.
            pub fn new() -> Self {
                Self { #(#values,)* }
            }
        }

        #allow
        #clippy
        impl ::core::default::Default for #name {
            fn default() -> Self {
                Self::new()
            }
        }

        #allow
        #clippy
        impl #interface for #name {
            #(#methods)*
        }
    })
}
