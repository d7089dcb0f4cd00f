//! Interfaces, clients and fakes of services.

use super::names::{Names, camel, ident, snake};
use super::{Item, Rust, allow, documented};
use crate::target::{Method, Package, Service, TargetError};
use heck::ToSnakeCase;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

/// Names and types of a method's functions.
struct Functions<'a> {
    method: &'a Method<'a>,
    call: Ident,
    /// Functions that only cached methods have.
    cached: Option<Cached>,
    request: TokenStream,
    response: TokenStream,
    deprecated: TokenStream,
}

struct Cached {
    observe: Ident,
    cached: Ident,
    prefetch: Ident,
    put: Ident,
}

/// The functions of a service. Methods have their names before derived functions get theirs, so that a method
/// `ObserveQuote` keeps its name beside an observed method `Quote`.
fn functions<'a>(
    rust: &Rust,
    package: &Package<'_>,
    service: &'a Service<'a>,
) -> Result<Vec<Functions<'a>>, TargetError> {
    // Clients and fakes are made by a function that is called so.
    let mut names = Names::taken(["new".to_owned()]);
    let calls: Vec<Ident> =
        service.methods.iter().map(|method| names.take(&snake(&method.ir.name))).collect();
    let mut functions = Vec::new();
    for (method, call) in service.methods.iter().zip(calls) {
        let mut derived =
            |prefix: &str| names.take(&ident(&format!("{prefix}_{}", method.ir.name.to_snake_case())));
        let cached = method.is_cached().then(|| Cached {
            observe: derived("observe"),
            cached: derived("cached"),
            prefetch: derived("prefetch"),
            put: derived("put"),
        });
        functions.push(Functions {
            method,
            call,
            cached,
            request: rust.type_of(package, &method.ir.request)?,
            response: rust.type_of(package, &method.ir.response)?,
            deprecated: deprecated(method.ir.deprecated),
        });
    }
    Ok(functions)
}

fn deprecated(is: bool) -> TokenStream {
    if is { quote!(#[deprecated]) } else { TokenStream::new() }
}

/// Signatures with their documentation, in the order in which they are written.
fn signatures(rust: &Rust, functions: &Functions<'_>) -> Vec<(TokenStream, TokenStream)> {
    let holdover = &rust.holdover;
    let Functions { method, call, cached, request, response, deprecated } = functions;
    let name = &method.ir.name;
    let otherwise = format!("Calls `{name}`.");
    let doc = documented(method.comment, &otherwise, &[]);
    let mut all = vec![(
        quote!(#doc #deprecated),
        quote!(fn #call(&self, request: #request) -> #holdover::UnaryCall<#response>),
    )];
    let Some(Cached { observe, cached, prefetch, put }) = cached else { return all };
    let doc = |line: String| documented(None, &line, &[]);
    let lines = [
        doc(format!(
            "Keeps a screen current with the answer to `{name}`: states, of which only the newest counts."
        )),
        doc(format!("What memory holds of `{name}`, at once: for the first frame.")),
        doc(format!("Warms the cache for `{name}`, at background priority.")),
        doc(format!("Stores an answer to `{name}` that the app has from elsewhere, as stale.")),
    ];
    let signatures = [
        quote!(fn #observe(&self, request: #request) -> #holdover::Observation<#response>),
        quote!(fn #cached(&self, request: &#request) -> ::core::option::Option<#holdover::Snapshot<#response>>),
        quote!(fn #prefetch(&self, request: &#request) -> #holdover::Completion),
        quote!(fn #put(&self, request: &#request, value: &#response) -> #holdover::Completion),
    ];
    all.extend(lines.into_iter().map(|doc| quote!(#doc #deprecated)).zip(signatures));
    all
}

/// `trait Pricing`: object-safe, so that apps can hold an `Arc<dyn Pricing>`.
pub(super) fn interface(
    rust: &Rust,
    package: &Package<'_>,
    service: &Service<'_>,
) -> Result<TokenStream, TargetError> {
    let name = rust.name(&Item::Interface(service.ir.name.clone()))?;
    let doc = documented(service.comment, &format!("The service `{}`.", service.ir.name), &[]);
    let deprecated = deprecated(service.ir.deprecated);
    let [allow, clippy] = allow();
    let functions = functions(rust, package, service)?;
    let methods = functions
        .iter()
        .flat_map(|each| signatures(rust, each))
        .map(|(doc, signature)| quote!(#doc #signature;));
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
    let doc = documented(None, &format!("Calls `{}` as its policy says.", service.ir.name), &[]);
    let functions = functions(rust, package, service)?;
    let mut own = Vec::new();
    let mut of_trait = Vec::new();
    for each in &functions {
        let index = Literal::usize_unsuffixed(each.method.index);
        let mut bodies = vec![quote!(self.client.unary(#index, &request))];
        let mut names = vec![&each.call];
        let mut arguments = vec![quote!(request)];
        if let Some(Cached { observe, cached, prefetch, put }) = &each.cached {
            names.extend([observe, cached, prefetch, put]);
            arguments.extend([quote!(request), quote!(request), quote!(request), quote!(request, value)]);
            bodies.extend([
                quote!(self.client.observe(#index, &request)),
                quote!(self.client.cached(#index, request)),
                quote!(self.client.prefetch(#index, request)),
                quote!(self.client.put(#index, request, value)),
            ]);
        }
        for ((((doc, signature), body), function), arguments) in
            signatures(rust, each).into_iter().zip(bodies).zip(names).zip(arguments)
        {
            own.push(quote!(#doc pub #signature { #body }));
            of_trait.push(quote!(#signature { Self::#function(self, #arguments) }));
        }
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
    let mut fields = Vec::new();
    let mut values = Vec::new();
    let mut methods = Vec::new();
    for each in &functions {
        let Functions { method, call, cached, request, response, .. } = each;
        let full = method.ir.full_name();
        let doc =
            documented(None, &format!("Answers `{}`, and remembers what it was asked.", method.ir.name), &[]);
        let kind = if cached.is_some() { format_ident!("FakeCached") } else { format_ident!("FakeUnary") };
        fields.push(quote!(#doc pub #call: #holdover::fake::#kind<#request, #response>));
        values.push(quote!(#call: #holdover::fake::#kind::new(#full)));
        let mut bodies = vec![quote!(self.#call.call(request))];
        if cached.is_some() {
            bodies.extend([
                quote!(self.#call.observe(request)),
                quote!(self.#call.cached(request)),
                quote!(self.#call.prefetch(request)),
                quote!(self.#call.put(request, value)),
            ]);
        }
        let signatures = signatures(rust, each).into_iter().map(|(_, signature)| signature);
        methods.extend(signatures.zip(bodies).map(|(signature, body)| quote!(#signature { #body })));
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
