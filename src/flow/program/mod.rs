//! The program as a whole, before anything is walked: what its names mean, whom its calls reach, where outsiders enter, and
//! what its constants, types, schemas and configuration say.
//!
//! In: modules, files and cards. Out: a `world::World`, which nothing changes afterwards. Deliberately absent: values.
//! Start at `world`.

pub mod constants;
pub mod labels;
pub mod macros;
pub mod names;
pub mod order;

pub(in crate::flow) mod about;
pub(in crate::flow) mod around;
pub(in crate::flow) mod callees;
pub(in crate::flow) mod calls;
pub(in crate::flow) mod carriers;
pub(in crate::flow) mod entries;
pub(in crate::flow) mod gives;
pub(in crate::flow) mod handlers;
pub(in crate::flow) mod mappers;
pub(in crate::flow) mod matcher;
pub(in crate::flow) mod members;
pub(in crate::flow) mod places;
pub(in crate::flow) mod properties;
pub(in crate::flow) mod schemas;
pub(in crate::flow) mod tables;
pub(in crate::flow) mod types;
pub(in crate::flow) mod world;
