//! The functions of a service: every implementation of its interface has them.

use crate::ir::Kind;
use crate::target::rust::names::{Names, ident, snake};
use crate::target::rust::{Rust, documented};
use crate::target::{Method, Package, Service, TargetError, sentences};
use heck::ToSnakeCase;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

/// A method of the service as a fake holds it, and its functions.
pub(super) struct Functions<'a> {
    pub(super) method: &'a Method<'a>,
    /// The name of the function that calls, and of the fake's field.
    pub(super) call: Ident,
    /// What fakes it: `FakeUnary`, in the runtime's module of fakes.
    pub(super) fake: Ident,
    pub(super) request: TokenStream,
    pub(super) response: TokenStream,
    pub(super) all: Vec<Function>,
}

/// One function.
pub(super) struct Function {
    /// Documentation and `#[deprecated]`.
    pub(super) head: TokenStream,
    /// `fn get_quote(&self, request: …) -> …`
    pub(super) signature: TokenStream,
    pub(super) name: Ident,
    /// As another function passes them on: `request, value`.
    pub(super) arguments: TokenStream,
    /// How a session answers.
    pub(super) client_body: TokenStream,
    /// How a closure answers.
    pub(super) fake_body: TokenStream,
}

/// The functions of a service. Methods have their names before derived functions get theirs, so that a method
/// `ObserveQuote` keeps its name beside an observed method `Quote`.
pub(super) fn functions<'a>(
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
        let types = Types {
            holdover: &rust.holdover,
            request: rust.type_of(package, &method.ir.request)?,
            response: rust.type_of(package, &method.ir.response)?,
        };
        let mut all = vec![types.call(method, &call)];
        if method.is_cached() {
            let mut derived =
                |prefix: &str| names.take(&ident(&format!("{prefix}_{}", method.ir.name.to_snake_case())));
            let derived = ["observe", "cached", "prefetch", "put"].map(&mut derived);
            all.extend(types.derived(method, &call, &derived));
        }
        let fake = fake(method);
        let Types { request, response, .. } = types;
        functions.push(Functions { method, call, fake, request, response, all });
    }
    Ok(functions)
}

pub(super) fn deprecated(is: bool) -> TokenStream {
    if is { quote!(#[deprecated]) } else { TokenStream::new() }
}

fn fake(method: &Method<'_>) -> Ident {
    match method.ir.kind {
        Kind::Unary | Kind::Unspecified if method.is_cached() => format_ident!("FakeCached"),
        Kind::Unary | Kind::Unspecified => format_ident!("FakeUnary"),
        Kind::ServerStream => format_ident!("FakeServerStream"),
        Kind::ClientStream => format_ident!("FakeClientStream"),
        Kind::BidiStream => format_ident!("FakeBidiStream"),
    }
}

struct Types<'a> {
    holdover: &'a syn::Path,
    request: TokenStream,
    response: TokenStream,
}

impl Types<'_> {
    /// The function that every method has.
    fn call(&self, method: &Method<'_>, call: &Ident) -> Function {
        let Self { holdover, request, response } = self;
        let index = Literal::usize_unsuffixed(method.index);
        let (returned, function) = match method.ir.kind {
            Kind::Unary | Kind::Unspecified => (quote!(UnaryCall<#response>), quote!(unary)),
            Kind::ServerStream => (quote!(Streaming<#response>), quote!(server_stream)),
            Kind::ClientStream => (quote!(ClientStream<#request, #response>), quote!(client_stream)),
            Kind::BidiStream => (quote!(BidiStream<#request, #response>), quote!(bidi_stream)),
        };
        let doc = documented(method.comment, &sentences::call(method), &method.promises);
        let deprecated = deprecated(method.ir.deprecated);
        let takes_one = !method.ir.sends_many();
        let (parameter, arguments) =
            if takes_one { (quote!(, request: #request), quote!(request)) } else { Default::default() };
        let passed = if takes_one { quote!(#index, &request) } else { quote!(#index) };
        Function {
            head: quote!(#doc #deprecated),
            signature: quote!(fn #call(&self #parameter) -> #holdover::#returned),
            name: call.clone(),
            client_body: quote!(self.client.#function(#passed)),
            fake_body: quote!(self.#call.call(#arguments)),
            arguments,
        }
    }

    /// The functions that only methods with kept answers have.
    fn derived(&self, method: &Method<'_>, call: &Ident, names: &[Ident; 4]) -> Vec<Function> {
        let Self { holdover, request, response } = self;
        let index = Literal::usize_unsuffixed(method.index);
        let docs = sentences::derived(&method.ir.name);
        let [observe, cached, prefetch, put] = names;
        let snapshot = quote!(::core::option::Option<#holdover::Snapshot<#response>>);
        let signatures = [
            quote!(fn #observe(&self, request: #request) -> #holdover::Observation<#response>),
            quote!(fn #cached(&self, request: &#request) -> #snapshot),
            quote!(fn #prefetch(&self, request: &#request) -> #holdover::Completion),
            quote!(fn #put(&self, request: &#request, value: &#response) -> #holdover::Completion),
        ];
        let bodies = [
            (quote!(observe), quote!(&request), quote!(request)),
            (quote!(cached), quote!(request), quote!(request)),
            (quote!(prefetch), quote!(request), quote!(request)),
            (quote!(put), quote!(request, value), quote!(request, value)),
        ];
        let deprecated = deprecated(method.ir.deprecated);
        let function = |(((doc, signature), body), name): (((String, _), _), _)| {
            let (function, passed, arguments): (TokenStream, TokenStream, TokenStream) = body;
            let doc = documented(None, &doc, &[]);
            Function {
                head: quote!(#doc #deprecated),
                signature,
                name,
                client_body: quote!(self.client.#function(#index, #passed)),
                fake_body: quote!(self.#call.#function(#arguments)),
                arguments,
            }
        };
        docs.into_iter().zip(signatures).zip(bodies).zip(names.clone()).map(function).collect()
    }
}
