//! Which file imports which.

use std::collections::{BTreeSet, HashMap};

use super::file::LoadedFile;
use super::{codes, read};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The imports of a batch of files in which every import is there, and none is part of a circle.
#[derive(Debug)]
pub(crate) struct Graph {
    /// Files by index, imports before importers, in the order that protoc writes them to a descriptor set.
    pub(crate) order: Vec<usize>,
    /// For each file, what it imports.
    pub(crate) imports: Vec<Vec<usize>>,
    /// For each file, what it imports publicly. The transitive sets are made when they are asked for, because together
    /// they can be large.
    public: Vec<Vec<usize>>,
}

impl Graph {
    /// Checks the imports of files that were all read.
    pub(crate) fn new(
        files: &[LoadedFile],
        index: &dyn Fn(&str) -> Option<usize>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Graph> {
        let before = diagnostics.len();
        let mut imports = Vec::with_capacity(files.len());
        for file in files {
            let mut seen: HashMap<&str, usize> = HashMap::new();
            for (i, name) in file.descriptor.dependency.iter().enumerate() {
                if let Some(first) = seen.insert(name, i) {
                    let mut diagnostic =
                        Diagnostic::error(codes::IMPORT_DUPLICATE, format!("`{name}` is imported twice"))
                            .help("remove one of the imports");
                    if let Some(span) = read::import_span(file, i) {
                        diagnostic = diagnostic.at(span, "imported again");
                    }
                    if let Some(span) = read::import_span(file, first) {
                        diagnostic = diagnostic.also(span, "first imported here");
                    }
                    diagnostics.push(diagnostic);
                }
            }
            imports
                .push(file.descriptor.dependency.iter().filter_map(|name| index(name)).collect::<Vec<_>>());
        }
        let order = order(files, &imports, diagnostics);
        if diagnostics.len() > before {
            return None;
        }
        let public = files
            .iter()
            .zip(&imports)
            .map(|(file, imports)| {
                let public = file.descriptor.public_dependency.iter();
                public.filter_map(|i| imports.get(usize::try_from(*i).ok()?)).copied().collect()
            })
            .collect();
        Some(Graph { order, imports, public })
    }

    /// The files whose names a file may use: its own, its imports', and those that they import publicly.
    pub(crate) fn visible(&self, file: usize) -> BTreeSet<usize> {
        let mut seen = self.seen_through(self.imports[file].clone());
        seen.insert(file);
        seen
    }

    /// What an importer of a file sees: the file, and what it imports publicly.
    pub(crate) fn exports(&self, file: usize) -> BTreeSet<usize> {
        self.seen_through(vec![file])
    }

    fn seen_through(&self, mut next: Vec<usize>) -> BTreeSet<usize> {
        let mut seen: BTreeSet<usize> = next.iter().copied().collect();
        while let Some(at) = next.pop() {
            next.extend(self.public[at].iter().filter(|public| seen.insert(**public)));
        }
        seen
    }

    /// A file and everything that it needs, imports first.
    pub(crate) fn closure(&self, file: usize) -> Vec<usize> {
        let mut needed = BTreeSet::from([file]);
        let mut next = vec![file];
        while let Some(at) = next.pop() {
            next.extend(self.imports[at].iter().filter(|import| needed.insert(**import)));
        }
        self.order.iter().copied().filter(|at| needed.contains(at)).collect()
    }
}

/// Depth first, with a stack of our own: a chain of imports may be longer than the thread's stack is deep.
fn order(files: &[LoadedFile], imports: &[Vec<usize>], diagnostics: &mut Diagnostics) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; files.len()];
    let mut order = Vec::with_capacity(files.len());
    // As given: of sources, those that were asked for come first; a descriptor set is in order already.
    for root in 0..files.len() {
        if state[root] != State::New {
            continue;
        }
        state[root] = State::Open;
        let mut stack = vec![(root, 0)];
        while let Some((at, next)) = stack.last_mut() {
            let at = *at;
            let Some(&import) = imports[at].get(*next) else {
                state[at] = State::Done;
                order.push(at);
                stack.pop();
                continue;
            };
            *next += 1;
            match state[import] {
                State::Done => {}
                State::New => {
                    state[import] = State::Open;
                    stack.push((import, 0));
                }
                State::Open => {
                    let chain: Vec<usize> =
                        stack.iter().map(|(at, _)| *at).skip_while(|at| *at != import).collect();
                    diagnostics.push(cycle(files, &chain));
                }
            }
        }
    }
    order
}

fn cycle(files: &[LoadedFile], chain: &[usize]) -> Diagnostic {
    let mut names: Vec<&str> = chain.iter().map(|at| files[*at].name.as_str()).collect();
    let first = names.first().copied().unwrap_or_default();
    let message = if names.len() == 1 {
        format!("`{first}` imports itself")
    } else {
        format!("`{first}` imports itself through other files")
    };
    let mut diagnostic = Diagnostic::error(codes::IMPORT_CYCLE, message)
        .help("move what both sides need into a file of its own, and import that");
    for (i, at) in chain.iter().enumerate() {
        let next = &files[chain[(i + 1) % chain.len()]].name;
        let import = files[*at].descriptor.dependency.iter().position(|name| name == next);
        if let Some(span) = import.and_then(|import| read::import_span(&files[*at], import)) {
            let text = format!("imports `{next}`");
            diagnostic = if i == 0 { diagnostic.at(span, text) } else { diagnostic.also(span, text) };
        }
    }
    names.push(first);
    diagnostic.note(names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" -> "))
}
