//! What `--holdover_opt` says: `target=swift,visibility=public`.

use holdover_compiler::target::Language;

/// The language, with all options set.
pub(crate) fn language(parameter: &str) -> Result<Language, String> {
    let options = options(parameter);
    let (targets, options): (Vec<&String>, Vec<&String>) =
        options.iter().partition(|option| option.starts_with("target="));
    let [target] = targets.as_slice() else {
        let names = Language::NAMES.join(", ");
        let what = if targets.is_empty() { "no target is chosen" } else { "more than one target is chosen" };
        return Err(format!(
            "{what}; write --holdover_opt=target=… with one of {names}, and run the plugin once for each"
        ));
    };
    let name = target.strip_prefix("target=").unwrap_or_default();
    let mut language = Language::named(name).map_err(|error| error.to_string())?;
    for option in options {
        language.set(option).map_err(|error| error.to_string())?;
    }
    Ok(language)
}

/// The options of a parameter. protoc joins them by commas, which may be in values as well: what does not begin like an
/// option goes on with the one before it.
fn options(parameter: &str) -> Vec<String> {
    let mut options: Vec<String> = Vec::new();
    for part in parameter.split(',') {
        let name = part.split('=').next().unwrap_or_default();
        let begins = part.contains('=') && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        match options.last_mut() {
            Some(last) if !begins => {
                last.push(',');
                last.push_str(part);
            }
            _ if part.is_empty() => {}
            _ => options.push(part.to_owned()),
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdover_compiler::target::swift::Visibility;

    #[test]
    fn options_are_separated_by_commas_that_are_not_in_values() {
        let text = "target=rust,type_attribute=.=#[derive(Eq, Hash)],btree_map=.";
        assert_eq!(options(text), ["target=rust", "type_attribute=.=#[derive(Eq, Hash)]", "btree_map=."]);
        assert!(options("").is_empty());
        let Ok(Language::Swift(options)) = language("visibility=public,target=swift") else {
            panic!("Swift")
        };
        assert_eq!(options.visibility, Visibility::Public);
    }

    #[test]
    fn what_cannot_be_followed_is_said() {
        assert!(language("").unwrap_err().contains("target=…"));
        assert!(language("target=rust,target=swift").unwrap_err().contains("more than one"));
        assert!(language("target=dart").unwrap_err().contains("one of rust, swift, kotlin"));
        assert!(
            language("target=kotlin,visibilty=public").unwrap_err().contains("did you mean `visibility`?")
        );
        assert!(language("target=kotlin,public").unwrap_err().contains("target"));
    }
}
