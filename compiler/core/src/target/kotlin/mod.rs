//! Kotlin.
