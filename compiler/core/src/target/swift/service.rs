//! Interfaces, clients and fakes of services.

mod function;

use super::docs::{deprecate, document};
use super::{Item, Piece, Swift};
use crate::target::writer::CodeWriter;
use crate::target::{Service, TargetError, sentences};
use function::{Function, Functions};

/// `protocol Pricing_V1_PricingClientInterface`, and the overloads that have defaults, which protocols cannot.
pub(super) fn interface(swift: &Swift, service: &Service<'_>) -> Result<Piece, TargetError> {
    let name = swift.name(&Item::Interface(service.ir.name.clone()))?;
    let mut piece = Piece::new(&service.ir.file);
    let functions = Functions::of(swift, service, &mut piece.code)?;
    let visibility = swift.visibility();
    let code = &mut piece.code;
    document(code, service.comment, &sentences::service(service), &[]);
    deprecate(code, service.ir.deprecated);
    code.block(format!("{visibility}protocol {name}: {}", swift.types.standard("Sendable")), |code| {
        for function in functions.all() {
            code.blank();
            head(code, function);
            function.declare(swift, "", code, &[]);
        }
    });
    code.blank();
    deprecate(code, service.ir.deprecated);
    code.block(format!("extension {name}"), |code| {
        for function in functions.all().filter(|function| function.has_options()) {
            code.blank();
            head(code, function);
            function.declare_with_defaults(swift, visibility, code);
        }
    });
    Ok(piece)
}

/// Documentation and deprecation of a function.
fn head(code: &mut CodeWriter, function: &Function<'_>) {
    let Function { method, returns, .. } = function;
    match returns.derived() {
        None => document(code, method.comment, &sentences::call(method), &method.promises),
        Some(index) => {
            document(code, None, &sentences::derived(&method.ir.name)[index], &[]);
        }
    }
    deprecate(code, method.ir.deprecated);
}

/// `struct Pricing_V1_PricingClient`: the interface, answered by a session.
pub(super) fn client(swift: &Swift, service: &Service<'_>) -> Result<Piece, TargetError> {
    let name = swift.name(&Item::Client(service.ir.name.clone()))?;
    let interface = swift.name(&Item::Interface(service.ir.name.clone()))?;
    let mut piece = Piece::new(&service.ir.file);
    let functions = Functions::of(swift, service, &mut piece.code)?;
    let visibility = swift.visibility();
    let code = &mut piece.code;
    let bound = functions.free("bound");
    document(code, None, &sentences::client(service), &[]);
    deprecate(code, service.ir.deprecated);
    code.block(format!("{visibility}struct {name}: {interface}"), |code| {
        document(code, None, sentences::POLICY, &[]);
        let bytes = swift.types.standard("UInt8");
        let open = format!("{visibility}nonisolated static let policy: [{bytes}] = Holdover.BoundClient.policy(\"\"\"");
        code.nested(&open, "    \"\"\")", |code| code.lines(sentences::base64(&service.policy)));
        code.line(format!("private nonisolated let {bound}: Holdover.BoundClient"));
        code.blank();
        let doc = "A client for one account at one endpoint. Does no input or output. What the runtime cannot promise is told by \
                   the first call, as MISUSE.";
        document(code, None, doc, &[]);
        code.block(format!("{visibility}nonisolated init(_ session: Holdover.Session)"), |code| {
            code.line(format!("{bound} = Holdover.BoundClient(session, policy: Self.policy)"));
        });
        for function in functions.all() {
            // Documentation is inherited from the interface.
            code.blank();
            deprecate(code, function.method.ir.deprecated);
            function.declare(swift, visibility, code, &[function.answered_by_session(&bound)]);
        }
        for each in &functions.methods {
            code.blank();
            each.bind(code);
        }
    });
    Ok(piece)
}

/// `struct Pricing_V1_FakePricing`: the interface, answered by closures.
pub(super) fn fake(swift: &Swift, service: &Service<'_>) -> Result<Piece, TargetError> {
    let name = swift.name(&Item::Fake(service.ir.name.clone()))?;
    let interface = swift.name(&Item::Interface(service.ir.name.clone()))?;
    let mut piece = Piece::new(&service.ir.file);
    let functions = Functions::of(swift, service, &mut piece.code)?;
    let visibility = swift.visibility();
    let code = &mut piece.code;
    let doc = format!("A `{interface}` for tests of apps: closures answer.");
    document(code, None, &doc, &[]);
    deprecate(code, service.ir.deprecated);
    code.block(format!("{visibility}struct {name}: {interface}"), |code| {
        for function in functions.all() {
            code.blank();
            let docs = sentences::told(&function.method.ir.name, &format!("`{}`", function.call_told));
            let place = function.returns.derived().map_or(0, |index| index + 1);
            document(code, None, &docs[place], &[]);
            deprecate(code, function.method.ir.deprecated);
            function.hold(swift, visibility, code);
        }
        code.blank();
        document(code, None, "Every method fails until it is told what to answer.", &[]);
        code.line(format!("{visibility}nonisolated init() {{}}"));
        for function in functions.all() {
            code.blank();
            deprecate(code, function.method.ir.deprecated);
            function.declare(swift, visibility, code, &function.answered_by_closure());
        }
    });
    Ok(piece)
}
