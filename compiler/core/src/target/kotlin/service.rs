//! Interfaces, clients and fakes of services.

mod function;

use super::docs::{document, literal};
use super::names::escaped;
use super::types::Scope;
use super::{Item, Kotlin, Piece};
use crate::target::writer::CodeWriter;
use crate::target::{Service, TargetError, sentences};
use function::{Function, Functions};

/// The mark of what is deprecated.
fn deprecate(scope: &mut Scope, code: &mut CodeWriter, deprecated: bool) {
    if deprecated {
        code.line(format!("@{}(\"Deprecated in the .proto.\")", scope.kotlin("Deprecated")));
    }
}

/// `interface PricingClientInterface`
pub(super) fn interface(kotlin: &Kotlin, service: &Service<'_>) -> Result<Piece, TargetError> {
    let name = kotlin.name(&Item::Interface(service.ir.name.clone()))?;
    let mut piece = Piece::new(&service.ir.file);
    let code = &mut piece.code;
    let visibility = kotlin.visibility();
    kotlin.write(&service.ir.file, |scope| {
        let functions = Functions::of(kotlin, service, scope)?;
        document(code, service.comment, &sentences::service(service), &[]);
        deprecate(scope, code, service.ir.deprecated);
        code.block(format!("{visibility} interface {name}"), |code| {
            for function in functions.all() {
                let Function { method, returns, .. } = function;
                code.blank();
                match returns.derived() {
                    None => {
                        document(code, method.comment, &sentences::call(method), &method.promises);
                    }
                    Some(index) => {
                        document(code, None, &sentences::derived(&method.ir.name)[index], &[]);
                    }
                }
                deprecate(scope, code, method.ir.deprecated);
                function.declare(scope, code);
            }
        });
        Ok(())
    })?;
    Ok(piece)
}

/// `class PricingClient`: the interface, answered by a session.
pub(super) fn client(kotlin: &Kotlin, service: &Service<'_>) -> Result<Piece, TargetError> {
    let name = kotlin.name(&Item::Client(service.ir.name.clone()))?;
    let interface = kotlin.name(&Item::Interface(service.ir.name.clone()))?;
    let mut piece = Piece::new(&service.ir.file);
    let code = &mut piece.code;
    let visibility = kotlin.visibility();
    kotlin.write(&service.ir.file, |scope| {
        let functions = Functions::of(kotlin, service, scope)?;
        let (session, client) = (scope.holdover("Session"), scope.binding("BoundClient"));
        let doc = "Made for one account at one endpoint, without input or output. What the runtime cannot promise is told by the \
                   first call, as MISUSE.";
        document(code, None, &sentences::client(service), &[doc.to_owned()]);
        deprecate(scope, code, service.ir.deprecated);
        code.block(format!("{visibility} class {name}(session: {session}) : {interface}"), |code| {
            code.line(format!("private val bound: {client} = {client}(session, POLICY)"));
            for function in functions.all() {
                // Documentation is inherited from the interface.
                code.blank();
                deprecate(scope, code, function.method.ir.deprecated);
                function.implement(scope, code, &[function.answered_by_session()]);
            }
            code.blank();
            code.block("public companion object", |code| {
                document(code, None, sentences::POLICY, &[]);
                code.line("@JvmField");
                let array = scope.kotlin("ByteArray");
                let open = format!("public val POLICY: {array} = {client}.policy(");
                code.nested(&open, ")", |code| {
                    code.lines(sentences::base64(&service.policy).iter().map(|line| format!("{},", literal(line))));
                });
                for each in &functions.methods {
                    code.blank();
                    each.bind(scope, code);
                }
            });
        });
        Ok(())
    })?;
    Ok(piece)
}

/// `class FakePricing`: the interface, answered by functions.
pub(super) fn fake(kotlin: &Kotlin, service: &Service<'_>) -> Result<Piece, TargetError> {
    let name = kotlin.name(&Item::Fake(service.ir.name.clone()))?;
    let interface = kotlin.name(&Item::Interface(service.ir.name.clone()))?;
    let mut piece = Piece::new(&service.ir.file);
    let code = &mut piece.code;
    let visibility = kotlin.visibility();
    kotlin.write(&service.ir.file, |scope| {
        let functions = Functions::of(kotlin, service, scope)?;
        let doc = format!("A [{interface}] for tests of apps: functions answer. Every method fails until it is told what to answer.");
        document(code, None, &doc, &[]);
        deprecate(scope, code, service.ir.deprecated);
        code.block(format!("{visibility} class {name} : {interface}"), |code| {
            for function in functions.all() {
                let docs = sentences::told(&function.method.ir.name, &format!("[{}]", function.call));
                let place = function.returns.derived().map_or(0, |index| index + 1);
                code.blank();
                document(code, None, &docs[place], &[]);
                deprecate(scope, code, function.method.ir.deprecated);
                let (ty, value) = function.closure(scope, &literal(&function.method.ir.full_name()));
                let head = format!("public var {}: {ty} =", escaped(&function.name));
                let line = format!("{head} {value}");
                if code.fits(&line) {
                    code.line(line);
                } else {
                    code.line(head);
                    code.continued([value]);
                }
            }
            for function in functions.all() {
                code.blank();
                deprecate(scope, code, function.method.ir.deprecated);
                let body = function.answered_by_closure(scope);
                function.implement(scope, code, &body);
            }
        });
        Ok(())
    })?;
    Ok(piece)
}
