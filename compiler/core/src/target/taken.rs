//! Names that are taken in one place.

use std::collections::BTreeSet;

/// The names that are taken in one place, and those that are still to be had. Names are without escapes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken(BTreeSet<String>);

impl Taken {
    /// Takes a name, with as many underscores behind it as it takes to be the only one.
    pub(crate) fn take(&mut self, wanted: impl Into<String>) -> String {
        self.take_by(wanted, str::to_owned)
    }

    /// Takes a name that must be the only one in another form, such as that of its getter.
    pub(crate) fn take_by(&mut self, wanted: impl Into<String>, form: impl Fn(&str) -> String) -> String {
        let mut name = wanted.into();
        while !self.0.insert(form(&name)) {
            name.push('_');
        }
        name
    }

    /// Whether somebody has a name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Says that somebody has a name.
    pub(crate) fn reserve(&mut self, name: impl Into<String>) {
        self.0.insert(name.into());
    }
}

impl<S: Into<String>> FromIterator<S> for Taken {
    fn from_iter<T: IntoIterator<Item = S>>(names: T) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Taken;

    #[test]
    fn nobody_gets_a_name_twice() {
        let mut names: Taken = ["Pricing"].into_iter().collect();
        assert_eq!(
            ["Pricing", "Pricing", "Other"].map(|name| names.take(name)),
            ["Pricing_", "Pricing__", "Other"]
        );
        let upper = |name: &str| name.to_uppercase();
        assert_eq!(["a", "A"].map(|name| names.take_by(name, upper)), ["a", "A_"]);
        assert!(names.has("A_") && !names.has("a"));
    }
}
