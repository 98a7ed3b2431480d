//! Values that were encoded for markup: harmless between tags, and elsewhere in a page only where nothing decodes them.
//!
//! In: what encoded a value and where it is put. Out: its facts, alive again where the encoding was not the right one.
//! Deliberately absent: where in a page a place is (`syntax::pages`). Start at [`Walker::placed`].

use std::sync::LazyLock;

use regex::Regex;

use crate::source::SourceFile;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Module, Span};
use crate::syntax::pages::{self, Spot};
use crate::syntax::templates;

use crate::flow::program::names;
use crate::flow::state::value::{Bits, DOUBLE, ENCODED, Fact, Facts, MARKED, SINGLE, Value};
use crate::flow::walk::taint::Walker;
use crate::regexes::fixed;

/// Calls that encode what is special to markup, both kinds of quotes with it.
const ENCODERS: [&str; 15] = [
    "e",
    "h",
    "esc",
    "html_escape",
    "esc_html",
    "esc_attr",
    "esc_html__",
    "esc_attr__",
    "esc_textarea",
    "escapeHtml",
    "escapeHtmlAttr",
    "check_plain",
    "encode",
    "sanitize_text_field",
    "sanitize_textarea_field",
];

/// Names of columns that hold no text.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^(id|uid|pid|n|num|nr|year|age|price|amount|position|sort|rank|votes|hits|views|size|active|enabled|time|date|timestamp)$|(_id|Id|count|cnt|total|_at|_date|_time|_num|_nr|_on)$|^(num|count|total|is|has)_",
    )
});

/// Whether a value encoded for markup, as far as `bits` tell, can break out of this place.
fn breaks(spot: Spot, bits: Bits) -> bool {
    match spot {
        Spot::Quoted(quote) | Spot::Literal(quote) => match quote {
            '\'' => bits & SINGLE != 0,
            '"' => bits & DOUBLE != 0,
            _ => false,
        },
        spot => spot.decodes(),
    }
}

/// Names and numbers of an argument that joins flags.
fn spoken(flags: &Arg) -> String {
    let mut said = String::new();
    names::descend(&flags.value, &mut |expr: &Expr| match &expr.kind {
        ExprKind::Name(name) | ExprKind::Literal(Literal::Number(name)) => said.push_str(&format!(" {name}")),
        _ => {}
    });
    said
}

/// Whether a filter encodes for markup, or cleans otherwise.
fn filters(args: &[Arg]) -> bool {
    args.iter().any(|arg| {
        ["SPECIAL_CHARS", "SANITIZE_STRI"]
            .iter()
            .any(|name| spoken(arg).contains(name))
    })
}

/// What the flags of `htmlspecialchars` leave as it is; without flags it did not encode single quotes for twenty years.
fn left(flags: Option<&Arg>) -> Bits {
    let Some(flags) = flags else { return SINGLE };
    let said = spoken(flags);
    let says = |name: &str| said.split(' ').any(|word| word == name);
    if says("ENT_QUOTES") || says("3") {
        0
    } else if says("ENT_COMPAT") || says("2") {
        SINGLE
    } else if says("ENT_NOQUOTES") || says("0") || said.contains("ENT_") {
        SINGLE | DOUBLE
    } else {
        // A variable: whoever wrote it has thought of flags.
        0
    }
}

/// Where code stands in a page that it is written in.
pub fn spots(module: &Module, files: &[SourceFile]) -> Vec<(u32, Spot)> {
    let file = &files[module.file.0 as usize];
    match module.language {
        "php" if file.path.ends_with(".blade.php") => pages::spots(&templates::blade(&file.text)),
        "php" => pages::spots(&file.text),
        _ => Vec::new(),
    }
}

impl<'f> Walker<'_, 'f> {
    /// How a call by this name encodes for markup.
    pub fn encodes(&self, name: &str, args: &[Arg]) -> Bits {
        if self.world.modules[self.module].language != "php" {
            return 0;
        }
        match name {
            "htmlspecialchars" | "htmlentities" => ENCODED | left(args.get(1)),
            "strip_tags" | "wp_strip_all_tags" => MARKED,
            "filter_var" | "filter_input" if filters(args) => ENCODED,
            name if ENCODERS.contains(&name) => ENCODED,
            _ => 0,
        }
    }

    /// What is left of a value that is put at this spot of a page.
    pub fn placed(&self, facts: &Facts, spot: Spot) -> Facts {
        let (markup, stringish) = (self.world.about.markup, self.world.stringish);
        facts.map(|fact| {
            // An address whose beginning the program wrote is not one of a script.
            let begun = spot == Spot::Address && fact.dead & self.world.about.destination != 0;
            let number = fact.dead & stringish == stringish;
            let open = fact.bounds & ENCODED != 0 && breaks(spot, fact.bounds) && !number && !begun;
            Fact {
                bounds: fact.bounds & !MARKED,
                dead: if open { fact.dead & !markup } else { fact.dead },
                ..fact.clone()
            }
        })
    }

    /// A column of a row: keys, counts and times are numbers, whoever wrote the others.
    pub fn column(&self, name: &str, value: Value) -> Value {
        let row = |fact: &Fact| fact.dead != 0 && (!fact.dead & self.world.stringish).count_ones() < 3;
        let php = self.world.modules[self.module].language == "php";
        if !php || value.is_clean() || !value.all().iter().all(row) || !NUMBERED.is_match(name) {
            return value;
        }
        self.numbered(value)
    }

    /// The spot at which the page stands that this code is written in.
    pub fn spot(&self, span: Span) -> Spot {
        let spots = &self.world.spots[self.module];
        let after = spots.partition_point(|(at, _)| *at <= span.start);
        after.checked_sub(1).map_or(Spot::Text, |at| spots[at].1)
    }
}
