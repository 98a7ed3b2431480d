//! The program as a whole, before anything is walked: what its names mean, whom its calls reach, where outsiders enter, and
//! what its constants, types, schemas and configuration say.
//!
//! In: modules, files and cards. Out: a [`world::World`], which nothing changes afterwards. Deliberately absent: values.
//! Start at [`world`].

pub mod about;
pub mod around;
pub mod callees;
pub mod calls;
pub mod carriers;
pub mod constants;
pub mod entries;
pub mod gives;
pub mod handlers;
pub mod labels;
pub mod macros;
pub mod mappers;
pub mod matcher;
pub mod members;
pub mod names;
pub mod order;
pub mod places;
pub mod properties;
pub mod schemas;
pub mod tables;
pub mod types;
pub mod world;
