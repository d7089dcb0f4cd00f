//! The functions of a service: every implementation of its interface has them.

use crate::target::returns::Returns;
use crate::target::spelling::capitalized;
use crate::target::swift::Swift;
use crate::target::swift::names::{camel, escaped, function_name};
use crate::target::swift::types::Place;
use crate::target::taken::Taken;
use crate::target::writer::CodeWriter;
use crate::target::{Method, Service, TargetError};

/// The functions of a service, method by method.
pub(super) struct Functions<'a> {
    pub(super) methods: Vec<Bound<'a>>,
    names: Taken,
}

/// A method of the service, and its functions.
pub(super) struct Bound<'a> {
    method: &'a Method<'a>,
    request: String,
    response: String,
    /// The constant that says how it is called.
    constant: String,
    functions: Vec<Function<'a>>,
}

/// One function.
pub(super) struct Function<'a> {
    pub(super) method: &'a Method<'a>,
    pub(super) returns: Returns,
    pub(super) name: String,
    /// The property of a fake that answers. Were it called like the function, Swift would not take closures that are set
    /// there for `@Sendable` ones.
    pub(super) told: String,
    /// That property of the function that calls the method.
    pub(super) call_told: String,
    request: String,
    response: String,
    constant: String,
}

impl<'a> Functions<'a> {
    /// Methods have their names before derived functions get theirs, so that a method `ObserveQuote` keeps its name beside
    /// an observed method `Quote`.
    pub(super) fn of(
        swift: &Swift,
        service: &'a Service<'a>,
        code: &mut CodeWriter,
    ) -> Result<Self, TargetError> {
        let mut names = Taken::default();
        let spelled = |method: &Method<'_>| {
            if swift.options.keep_method_casing {
                method.ir.name.clone()
            } else {
                camel(&method.ir.name, false)
            }
        };
        let calls: Vec<String> =
            service.methods.iter().map(|method| names.take(function_name(&spelled(method)))).collect();
        let on = |name: &str| format!("on{}", capitalized(name));
        let told: Vec<String> =
            service.methods.iter().map(|method| names.take(on(&spelled(method)))).collect();
        let mut methods = Vec::new();
        for (index, (method, call)) in service.methods.iter().zip(calls).enumerate() {
            let at = &mut Place { file: &service.ir.file, code: &mut *code };
            let request = swift.types.message(&swift.types.find(&method.ir.request)?, at);
            let response = swift.types.message(&swift.types.find(&method.ir.response)?, at);
            let constant = format!("{call}Method");
            let call_told = told[index].clone();
            let function = |name: String, told: String, returns| Function {
                method,
                returns,
                name,
                told,
                call_told: call_told.clone(),
                request: request.clone(),
                response: response.clone(),
                constant: constant.clone(),
            };
            let mut functions =
                vec![function(call.clone(), told[index].clone(), Returns::of(method.ir.kind))];
            if method.is_cached() {
                for (verb, returns) in Returns::DERIVED {
                    let name = names.take(format!("{verb}{}", capitalized(&spelled(method))));
                    let told = names.take(on(&name));
                    functions.push(function(name, told, returns));
                }
            }
            methods.push(Bound { method, request, response, constant, functions });
        }
        Ok(Self { methods, names })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Function<'a>> {
        self.methods.iter().flat_map(|each| &each.functions)
    }

    /// A name that no function has.
    pub(super) fn free(&self, wanted: &str) -> String {
        self.names.clone().take(wanted)
    }
}

impl Bound<'_> {
    /// The constant that says how the method is called.
    pub(super) fn bind(&self, code: &mut CodeWriter) {
        let Self { method, request, response, constant, .. } = self;
        let index = method.index;
        let types = [request.clone(), response.clone()];
        let open = format!("private nonisolated static var {constant}: Holdover.BoundMethod<");
        code.items(&open, &types, "", "> {");
        code.nested_body([
            "Holdover.BoundMethod(",
            &format!("    {index},"),
            "    encode: { try $0.serializedBytes() },",
            &format!("    decode: {{ try {response}(serializedBytes: $0) }}"),
            ")",
        ]);
    }
}

impl Function<'_> {
    /// The name as it is written.
    pub(super) fn escaped(&self) -> String {
        escaped(&self.name)
    }

    /// Callers may say something about the call.
    pub(super) fn has_options(&self) -> bool {
        !matches!(self.returns, Returns::Cached | Returns::Prefetched | Returns::Put)
    }

    fn takes_request(&self) -> bool {
        !matches!(self.returns, Returns::ClientStream | Returns::BidiStream)
    }

    fn result(&self) -> String {
        let Self { request, response, .. } = self;
        match self.returns {
            Returns::Answer => format!("Holdover.Snapshot<{response}>"),
            Returns::ServerStream => format!("Holdover.Streaming<{response}>"),
            Returns::ClientStream => format!("Holdover.ClientStream<{request}, {response}>"),
            Returns::BidiStream => format!("Holdover.BidiStream<{request}, {response}>"),
            Returns::Observation => format!("Holdover.Observation<{response}>"),
            Returns::Cached => format!("Holdover.Snapshot<{response}>?"),
            Returns::Prefetched | Returns::Put => "Void".to_owned(),
        }
    }

    fn waits(&self) -> bool {
        matches!(self.returns, Returns::Answer | Returns::Prefetched | Returns::Put)
    }

    fn parameters(&self) -> Vec<String> {
        let mut parameters = Vec::new();
        if self.takes_request() {
            parameters.push(format!("_ request: {}", self.request));
        }
        if self.returns == Returns::Put {
            parameters.push(format!("_ value: {}", self.response));
        }
        parameters
    }

    /// The function, with a body or, in a protocol, without.
    pub(super) fn declare(&self, swift: &Swift, visibility: &str, code: &mut CodeWriter, body: &[String]) {
        let mut parameters = self.parameters();
        if self.has_options() {
            parameters.push("options: Holdover.CallOptions".to_owned());
        }
        if self.returns == Returns::Answer {
            parameters.push(format!("isolation: isolated (any {})?", swift.types.standard("Actor")));
        }
        self.write(visibility, &parameters, code, body);
    }

    /// The overload that callers use: options may be left out, and the isolation is theirs. Its options are optional, so
    /// that it is another function than the protocol's, which it calls.
    pub(super) fn declare_with_defaults(&self, swift: &Swift, visibility: &str, code: &mut CodeWriter) {
        let mut parameters = self.parameters();
        parameters.push("options: Holdover.CallOptions? = nil".to_owned());
        let mut arguments = Vec::new();
        if self.takes_request() {
            arguments.push("request".to_owned());
        }
        arguments.push("options: options ?? Holdover.CallOptions()".to_owned());
        if self.returns == Returns::Answer {
            parameters
                .push(format!("isolation: isolated (any {})? = #isolation", swift.types.standard("Actor")));
            arguments.push("isolation: isolation".to_owned());
        }
        let wait = if self.waits() { "try await " } else { "" };
        // A parameter may be called like the function.
        let body = format!("{wait}self.{}({})", self.escaped(), arguments.join(", "));
        self.write(visibility, &parameters, code, &[body]);
    }

    fn write(&self, visibility: &str, parameters: &[String], code: &mut CodeWriter, body: &[String]) {
        let effects = if self.waits() { " async throws(Holdover.HoldoverError)" } else { "" };
        let result = match self.returns {
            Returns::Prefetched | Returns::Put => String::new(),
            _ => format!(" -> {}", self.result()),
        };
        // What takes an isolation has one; everything else has none, even where modules have a default.
        let isolation = if self.returns == Returns::Answer { "" } else { "nonisolated " };
        let open = format!("{visibility}{isolation}func {}(", self.escaped());
        let brace = if body.is_empty() { "" } else { " {" };
        code.items(&open, parameters, "", &format!("){effects}{result}{brace}"));
        if !body.is_empty() {
            code.nested_body(body);
        }
    }

    /// How a session answers.
    pub(super) fn answered_by_session(&self, bound: &str) -> String {
        let constant = format!("Self.{}", self.constant);
        match self.returns {
            Returns::Answer => {
                format!("try await {bound}.unary({constant}, request, options, isolation: isolation)")
            }
            Returns::ServerStream => format!("{bound}.serverStream({constant}, request, options)"),
            Returns::ClientStream => format!("{bound}.clientStream({constant}, options)"),
            Returns::BidiStream => format!("{bound}.bidiStream({constant}, options)"),
            Returns::Observation => format!("{bound}.observe({constant}, request, options)"),
            Returns::Cached => format!("{bound}.cached({constant}, request)"),
            Returns::Prefetched => format!("try await {bound}.prefetch({constant}, request)"),
            Returns::Put => {
                format!("try await {bound}.put({constant}, request, value) {{ try $0.serializedBytes() }}")
            }
        }
    }

    /// The property of a fake that holds a closure. Closures may throw anything, because those that are written in tests
    /// would have to name the type of what they throw.
    pub(super) fn hold(&self, swift: &Swift, visibility: &str, code: &mut CodeWriter) {
        let Self { request, response, .. } = self;
        let request = format!("_ request: {request}");
        let options = "_ options: Holdover.CallOptions".to_owned();
        let untold = || {
            let text = crate::target::swift::docs::literal;
            let (method, name) = (text(&self.method.ir.full_name()), text(&self.told));
            format!("Holdover.HoldoverError.untold({method}, {name})")
        };
        let (parameters, value) = match self.returns {
            Returns::Answer => (vec![request, options], ("_, _ in", format!("throw {}", untold()))),
            Returns::ServerStream => (vec![request, options], ("_, _ in", format!(".failing({})", untold()))),
            Returns::ClientStream | Returns::BidiStream => {
                (vec![options], ("_ in", format!(".failing({})", untold())))
            }
            Returns::Observation => (vec![request, options], ("", String::new())),
            Returns::Cached => (vec![request], ("_ in", "nil".to_owned())),
            Returns::Prefetched => (vec![request], ("_ in", String::new())),
            Returns::Put => (vec![request, format!("_ value: {response}")], ("_, _ in", String::new())),
        };
        let effects = if self.waits() { " async throws" } else { "" };
        let result = match self.returns {
            Returns::Prefetched | Returns::Put => swift.types.standard("Void"),
            _ => self.result(),
        };
        let head = format!("{visibility}nonisolated var {}: ", self.told);
        if self.returns == Returns::Observation {
            // Unset unless a test sets it.
            code.line(format!("{head}("));
            code.continued([format!("@Sendable ({}) -> {result}", parameters.join(", "))]);
            code.line(")? = nil");
            return;
        }
        let (open, ty) = (format!("{head}@Sendable ("), format!("){effects} -> {result} = "));
        let (arguments, body) = value;
        let short =
            if body.is_empty() { format!("{{ {arguments} }}") } else { format!("{{ {arguments} {body} }}") };
        if body.is_empty() || body == "nil" {
            code.items(&open, &parameters, "", &format!("{ty}{short}"));
        } else {
            code.items(&open, &parameters, "", &format!("{ty}{{ {arguments}"));
            code.nested_body([body]);
        }
    }

    /// How the closure of a fake answers.
    pub(super) fn answered_by_closure(&self) -> Vec<String> {
        // A parameter may be called like the property.
        let name = format!("self.{}", self.told);
        let converted = |call: String| {
            [
                "do {",
                &format!("    {call}"),
                "} catch {",
                "    throw Holdover.HoldoverError.thrown(error)",
                "}",
            ]
            .map(str::to_owned)
            .to_vec()
        };
        match self.returns {
            Returns::Answer => converted(format!("return try await {name}(request, options)")),
            Returns::ServerStream => vec![format!("{name}(request, options)")],
            Returns::ClientStream | Returns::BidiStream => vec![format!("{name}(options)")],
            Returns::Observation => {
                let answer = &self.call_told;
                vec![
                    format!("{name}?(request, options)"),
                    format!("    ?? .answered {{ try await self.{answer}(request, options) }}"),
                ]
            }
            Returns::Cached => vec![format!("{name}(request)")],
            Returns::Prefetched => converted(format!("try await {name}(request)")),
            Returns::Put => converted(format!("try await {name}(request, value)")),
        }
    }
}
