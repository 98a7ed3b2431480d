//! Types as the code writes them: what a wrapper holds, and which of them have no negative values.
//!
//! In: the text of a type. Out: what it says. Deliberately absent: its name, which `names` reads. Start at [`meanings`].

use std::sync::LazyLock;

use regex::Regex;

use crate::flow::program::names::{Path, type_path};
use crate::flow::program::tables::NUMERIC_TYPES;
use crate::flow::proof::charsets;
use crate::regexes::fixed;

/// What a type names: itself, and what it lends itself out as.
pub fn meanings(hint: &str, language: &str) -> Vec<Path> {
    let inner = held(hint).filter(|_| language == "rust");
    type_path(hint).into_iter().chain(inner).collect()
}

/// What a wrapper holds that lends itself out as that: `web::Data<Pool>`, `Json<Params>`.
fn held(hint: &str) -> Option<Path> {
    let (wrapper, inner) = hint.strip_suffix('>')?.split_once('<')?;
    let wrapper = wrapper.rsplit("::").next().unwrap_or(wrapper);
    let lends = [
        "Json",
        "Query",
        "Form",
        "Path",
        "Data",
        "State",
        "Extension",
        "Valid",
        "Option",
    ];
    lends.contains(&wrapper).then(|| type_path(inner)).flatten()
}

/// Whether a route says that this parameter is a number or a plain word: `/user/<int:id>`, `/user/{id:int}`.
pub fn routed_as_number(route: &str, param: &str) -> bool {
    let before = ["int", "float", "uuid", "slug"]
        .iter()
        .any(|kind| route.contains(&format!("<{kind}:{param}>")));
    let after = ["int", "float", "uuid", "\\d+", "[0-9]+", "long", "guid"]
        .iter()
        .any(|kind| route.contains(&format!("{{{param}:{kind}}}")) || route.contains(&format!(":{param}({kind})")));
    before || after
}

/// Whether a type says that a text is one of a few: `Literal["a", "b"]`.
pub fn is_choice(hint: &str) -> bool {
    let name = hint.rsplit_once('.').map_or(hint, |(_, last)| last);
    name.starts_with("Literal[") || hint.starts_with("Literal[")
}

/// Whether a type says that a text is a plain word: `constr(pattern="^[a-z]+$")`, `Annotated[str, Field(pattern=…)]`.
pub fn is_shaped(hint: &str) -> bool {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| fixed(r#"\b(?:pattern|regex)\s*=\s*r?["']([^"']+)["']"#));
    SHAPE.captures(hint).is_some_and(|shape| charsets::is_plain(&shape[1]))
}

/// True for a C or Go type whose values are never negative.
pub fn is_unsigned(hint: &str) -> bool {
    let hint = hint.trim().trim_start_matches("const ");
    !hint.contains(['*', '['])
        && (hint.starts_with("unsigned")
            || hint.starts_with("uint")
            || matches!(hint, "size_t" | "std::size_t" | "DWORD" | "u32" | "u64"))
}

/// True for a type whose values are plain numbers or truth values, in any of the languages.
pub fn is_numeric(hint: &str) -> bool {
    let hint = hint
        .trim()
        .trim_start_matches("const ")
        .trim_start_matches("final ")
        .trim_start_matches("unsigned ")
        .trim_start_matches(['&', '?']);
    // A container of numbers: `Path<i64>`, `Option<Integer>`.
    if let Some((_, inner)) = hint.strip_suffix('>').and_then(|hint| hint.split_once('<')) {
        return inner.split(',').all(|part| is_numeric(part.trim()));
    }
    NUMERIC_TYPES.contains(&hint.trim().trim_end_matches('?').trim_end_matches("|null"))
}
