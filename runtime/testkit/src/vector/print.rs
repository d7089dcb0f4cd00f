//! Vectors as people write them: a line or two for a step, the telling members first.

use serde_json::{Map, Value};

use super::{Step, Vector};

/// Members that come first, in this order; the others follow by name.
const ORDER: [&str; 70] = [
    "at",
    "in",
    "get",
    "observe",
    "stream",
    "take",
    "say",
    "close",
    "cached",
    "prefetch",
    "put",
    "refresh",
    "invalidate",
    "sign_out",
    "erase",
    "open",
    "set_metadata",
    "cancel",
    "credentials",
    "head",
    "answer",
    "fail",
    "item",
    "end",
    "written",
    "progress",
    "transferred",
    "contact",
    "no_contact",
    "app",
    "pause",
    "resume",
    "memory_pressure",
    "disable",
    "hint",
    "store",
    "restart",
    "reboot",
    "clock",
    "send",
    "abort",
    "raise",
    "said",
    "closed",
    "probe",
    "give_up",
    "new_path",
    "ask",
    "event",
    "to",
    "of",
    "user",
    "guest",
    "endpoint",
    "account",
    "session",
    "method",
    "request",
    "body",
    "value",
    "ended",
    "credit",
    "failed",
    "source",
    "freshness",
    "age",
    "detail",
    "gap",
    "refreshing",
    "kind",
];

/// One line of JSON.
pub(super) fn line<T: serde::Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).expect("vectors hold only strings, numbers, lists and maps");
    let mut out = String::new();
    write(&value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (index, (key, item)) in ordered(map).into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write(&Value::from(key), out);
                out.push_str(": ");
                write(item, out);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn ordered(map: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut members: Vec<(&str, &Value)> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
    members.sort_by_key(|(key, _)| (ORDER.iter().position(|name| name == key).unwrap_or(ORDER.len()), *key));
    members
}

impl Vector {
    /// Writes the vector the way the files in `tests/vectors/` are written.
    #[must_use]
    pub fn print(&self) -> String {
        let mut members =
            vec![format!("\"title\": {}", line(&self.title)), format!("\"rules\": {}", line(&self.rules))];
        if let Some(why) = &self.why {
            members.push(format!("\"why\": {}", line(why)));
        }
        if !self.sessions.is_empty() {
            members.push(format!("\"sessions\": {}", line(&self.sessions)));
        }
        if let Some(quality) = &self.quality {
            members.push(format!("\"quality\": {}", line(quality)));
        }
        if !self.listen.is_empty() {
            members.push(format!("\"listen\": {}", line(&self.listen)));
        }
        if let Some(bytes) = self.memory {
            members.push(format!("\"memory\": {bytes}"));
        }
        if let Some(bytes) = self.disk {
            members.push(format!("\"disk\": {bytes}"));
        }
        if self.seed != 0 {
            members.push(format!("\"seed\": {}", self.seed));
        }
        let steps: Vec<String> = self.steps.iter().map(Step::print).collect();
        members.push(format!("\"steps\": [\n{}\n  ]", steps.join(",\n")));
        format!("{{\n  {}\n}}\n", members.join(",\n  "))
    }
}

impl Step {
    /// The step as in [`Vector::print`], without a line break at the end.
    #[must_use]
    pub fn print(&self) -> String {
        let mut head = Vec::new();
        if let Some(at) = &self.at {
            head.push(format!("\"at\": {}", line(at)));
        }
        if let Some(input) = &self.input {
            head.push(format!("\"in\": {}", line(input)));
        }
        let head = head.join(", ");
        if self.out.is_empty() {
            return format!("    {{{head}}}");
        }
        let outs: Vec<String> = self.out.iter().map(line).collect();
        let glue = if head.is_empty() { "" } else { ",\n     " };
        format!("    {{{head}{glue}\"out\": [{}]}}", outs.join(",\n             "))
    }
}
