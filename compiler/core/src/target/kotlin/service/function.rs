//! The functions of a service: every implementation of its interface has them.

use crate::target::kotlin::Kotlin;
use crate::target::kotlin::docs::literal;
use crate::target::kotlin::names::{escaped, function};
use crate::target::kotlin::types::{Class, Scope};
use crate::target::returns::Returns;
use crate::target::spelling::capitalized;
use crate::target::taken::Taken;
use crate::target::writer::CodeWriter;
use crate::target::{Method, Service, TargetError};
use heck::ToShoutySnakeCase as _;

/// The functions of a service, method by method.
pub(super) struct Functions<'a> {
    pub(super) methods: Vec<Bound<'a>>,
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
    /// The name of the function that calls the method.
    pub(super) call: String,
    request: String,
    response: String,
    constant: String,
}

impl<'a> Functions<'a> {
    /// Methods have their names before derived functions get theirs, so that a method `ObserveQuote` keeps its name beside
    /// an observed method `Quote`.
    pub(super) fn of(
        kotlin: &Kotlin,
        service: &'a Service<'a>,
        scope: &mut Scope,
    ) -> Result<Self, TargetError> {
        let mut names = Taken::default();
        let calls: Vec<String> =
            service.methods.iter().map(|method| names.take(function(&method.ir.name))).collect();
        let mut constants: Taken = ["POLICY"].into_iter().collect();
        let mut methods = Vec::new();
        for (method, call) in service.methods.iter().zip(calls) {
            let request = scope.name(&Class::message(&kotlin.types.find(&method.ir.request)?));
            let response = scope.name(&Class::message(&kotlin.types.find(&method.ir.response)?));
            let constant = constants.take(constant(&call));
            let function = |name: String, returns| Function {
                method,
                returns,
                name,
                call: call.clone(),
                request: request.clone(),
                response: response.clone(),
                constant: constant.clone(),
            };
            let mut functions = vec![function(call.clone(), Returns::of(method.ir.kind))];
            if method.is_cached() {
                for (verb, returns) in Returns::DERIVED {
                    let name = names.take(format!("{verb}{}", capitalized(&call)));
                    functions.push(function(name, returns));
                }
            }
            methods.push(Bound { method, request, response, constant, functions });
        }
        Ok(Self { methods })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Function<'a>> {
        self.methods.iter().flat_map(|each| &each.functions)
    }
}

/// `GET_QUOTE`
fn constant(name: &str) -> String {
    let name = name.to_shouty_snake_case();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("METHOD_{name}")
    } else {
        name
    }
}

impl Bound<'_> {
    /// The constant that says how the method is called.
    pub(super) fn bind(&self, scope: &mut Scope, code: &mut CodeWriter) {
        let Self { method, request, response, constant, .. } = self;
        let bound = scope.binding("BoundMethod");
        let index = method.index;
        code.nested(&format!("private val {constant} = {bound}<{request}, {response}>("), ")", |code| {
            code.line(format!("{index},"));
            code.line("{ it.toByteArray() },");
            code.line(format!("{{ {response}.parseFrom(it) }},"));
        });
    }
}

impl Function<'_> {
    fn takes_request(&self) -> bool {
        !matches!(self.returns, Returns::ClientStream | Returns::BidiStream)
    }

    fn has_options(&self) -> bool {
        !matches!(self.returns, Returns::Cached | Returns::Prefetched | Returns::Put)
    }

    fn suspends(&self) -> &'static str {
        if matches!(self.returns, Returns::Answer | Returns::Prefetched | Returns::Put) {
            "suspend "
        } else {
            ""
        }
    }

    /// The type that the function returns; none for none.
    fn result(&self, scope: &mut Scope) -> Option<String> {
        let Self { request, response, .. } = self;
        let mut of = |name: &str| format!("{}<{response}>", scope.holdover(name));
        Some(match self.returns {
            Returns::Answer => of("Snapshot"),
            Returns::Observation => of("Observation"),
            Returns::Cached => format!("{}?", of("Snapshot")),
            Returns::ServerStream => {
                let snapshot = of("Snapshot");
                format!("{}<{snapshot}>", scope.name(&Class::new("kotlinx.coroutines.flow", "Flow")))
            }
            Returns::ClientStream => format!("{}<{request}, {response}>", scope.holdover("ClientStream")),
            Returns::BidiStream => format!("{}<{request}, {response}>", scope.holdover("BidiStream")),
            Returns::Prefetched | Returns::Put => return None,
        })
    }

    fn parameters(&self, scope: &mut Scope, default: bool) -> Vec<String> {
        let mut parameters = Vec::new();
        if self.takes_request() {
            parameters.push(format!("request: {}", self.request));
        }
        if self.returns == Returns::Put {
            parameters.push(format!("value: {}", self.response));
        }
        if self.has_options() {
            let options = scope.holdover("CallOptions");
            let default = if default { format!(" = {options}.DEFAULT") } else { String::new() };
            parameters.push(format!("options: {options}{default}"));
        }
        parameters
    }

    /// The function in an interface.
    pub(super) fn declare(&self, scope: &mut Scope, code: &mut CodeWriter) {
        let result = self.result(scope).map(|result| format!(": {result}")).unwrap_or_default();
        let open = format!("public {}fun {}(", self.suspends(), escaped(&self.name));
        code.items(&open, &self.parameters(scope, true), ",", &format!("){result}"));
    }

    /// The function in a class.
    pub(super) fn implement(&self, scope: &mut Scope, code: &mut CodeWriter, body: &[String]) {
        let open = format!("override {}fun {}(", self.suspends(), escaped(&self.name));
        let parameters = self.parameters(scope, false);
        if let Some(result) = self.result(scope) {
            code.items(&open, &parameters, ",", &format!("): {result} ="));
            code.continued(body);
        } else {
            code.items(&open, &parameters, ",", ") {");
            code.nested_body(body);
        }
    }

    /// How a session answers.
    pub(super) fn answered_by_session(&self) -> String {
        let constant = &self.constant;
        match self.returns {
            Returns::Answer => format!("bound.unary({constant}, request, options)"),
            Returns::ServerStream => format!("bound.serverStream({constant}, request, options)"),
            Returns::ClientStream => format!("bound.clientStream({constant}, options)"),
            Returns::BidiStream => format!("bound.bidiStream({constant}, options)"),
            Returns::Observation => format!("bound.observe({constant}, request, options)"),
            Returns::Cached => format!("bound.cached({constant}, request)"),
            Returns::Prefetched => format!("bound.prefetch({constant}, request)"),
            Returns::Put => format!("bound.put({constant}, request, value.toByteArray())"),
        }
    }

    /// The function that a fake holds, and what it is at first.
    pub(super) fn closure(&self, scope: &mut Scope, method: &str) -> (String, String) {
        let result = match self.result(scope) {
            Some(result) => result,
            None => scope.kotlin("Unit"),
        };
        let ty = format!("{}({}) -> {result}", self.suspends(), self.parameters(scope, false).join(", "));
        let (object, name) = (scope.binding("Untold"), literal(&self.name));
        let untold = |function: &str| format!("{object}.{function}({method}, {name})");
        let value = match self.returns {
            Returns::Answer => format!("{{ _, _ -> {} }}", untold("answer")),
            Returns::ServerStream => format!("{{ _, _ -> {} }}", untold("stream")),
            Returns::ClientStream => format!("{{ {} }}", untold("clientStream")),
            Returns::BidiStream => format!("{{ {} }}", untold("bidiStream")),
            Returns::Observation => return (format!("({ty})?"), "null".to_owned()),
            Returns::Cached => "{ null }".to_owned(),
            Returns::Prefetched => "{ }".to_owned(),
            Returns::Put => "{ _, _ -> }".to_owned(),
        };
        (ty, value)
    }

    /// How that function answers.
    pub(super) fn answered_by_closure(&self, scope: &mut Scope) -> Vec<String> {
        // A parameter may be called like the property.
        let name = format!("this.{}", escaped(&self.name));
        match self.returns {
            Returns::Answer | Returns::ServerStream => vec![format!("{name}.invoke(request, options)")],
            Returns::ClientStream | Returns::BidiStream => vec![format!("{name}.invoke(options)")],
            Returns::Observation => {
                let observation = scope.holdover("Observation");
                let answer = escaped(&self.call);
                vec![
                    format!("{name}?.invoke(request, options)"),
                    format!("    ?: {observation}.answeredBy {{ this.{answer}.invoke(request, options) }}"),
                ]
            }
            Returns::Cached | Returns::Prefetched => vec![format!("{name}.invoke(request)")],
            Returns::Put => vec![format!("{name}.invoke(request, value)")],
        }
    }
}
