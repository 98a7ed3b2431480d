//! The integration tests, one binary: users' stories, promises of the sandbox, languages, parity with references.

mod languages;
mod parity;
mod security;
mod stories;
