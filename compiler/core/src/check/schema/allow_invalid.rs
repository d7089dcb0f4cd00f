//! ALLOW_INVALID

use crate::check::allow::written;
use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule, rule, rules};
use crate::diagnostic::Code;
use crate::load::closest;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("ALLOW_INVALID"),
    group: Group::Schema,
    level: Level::Error,
    summary: "An `allow` without a reason, or for something that is no warning",
    page: Page {
        means: "An `allow` needs the code of a warning and a reason. Errors cannot be allowed.",
        matters: "The reason is for the next reader, who must decide whether it still holds. A misspelt code would \
                  silence nothing and nobody would notice.",
        wrong: r#"
rpc ListStops(ListStopsRequest) returns (Stops) {
  option (holdover.method).allow = { code: "KEY_VOLATILE" };
}"#,
        right: r#"
rpc ListStops(ListStopsRequest) returns (Stops) {
  option (holdover.method).allow = { code: "KEY_VOLATILE" reason: "clients round `depart_at` to minutes" };
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for (element, allows) in written(context) {
        let Some(site) = context.site(&element) else { continue };
        for (index, allow) in allows.iter().enumerate() {
            let path = format!("allow[{index}]");
            let code = allow.code.as_deref().unwrap_or_default();
            let at_code = site.span(&format!("{path}.code"));
            let diagnostic = match rule(code) {
                None if code.is_empty() => out
                    .found("an allowance needs the code of the warning that it allows")
                    .at_maybe(at_code, "no code")
                    .help("name the warning: `allow: { code: \"DROP_REPEATED\" reason: \"…\" }`"),
                None => {
                    let warnings = rules().filter(|rule| rule.is_allowable());
                    let similar = closest(code, warnings.map(|rule| rule.code.as_str()));
                    out.found(format!("there is no rule `{code}`"))
                        .at_maybe(at_code, "no rule has this code")
                        .help(match similar {
                            Some(similar) => format!("did you mean `{similar}`?"),
                            None => "`holdover rules` lists all codes".to_owned(),
                        })
                }
                Some(rule) if !rule.is_allowable() => out
                    .found(format!("{code} is an error, and only warnings can be allowed"))
                    .at_maybe(at_code, "an error")
                    .note(format!("{code}: {}", rule.summary))
                    .help(format!(
                        "remove the allowance and mend the cause; `holdover explain-rule {code}` says how"
                    )),
                Some(_) if allow.reason.as_deref().unwrap_or_default().trim().is_empty() => out
                    .found(format!("{code} is allowed without a reason"))
                    .at_maybe(site.span(&path), "no reason")
                    .help("say why the warning does not apply: `reason: \"…\"`; the next reader needs it"),
                Some(_) => continue,
            };
            out.push(element.clone(), diagnostic);
        }
    }
}
