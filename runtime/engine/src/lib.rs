//! Holdover's sans-IO engine: every decision of the runtime, and no effect.
#![forbid(unsafe_code)]
