//! Checks Holdover's annotations, lowers them to a policy, and generates clients.
#![forbid(unsafe_code)]
