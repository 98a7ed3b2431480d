//! Schemas of GraphQL.
//!
//! In: text. Out: fields as `Type.field = result`, their directives as `Type.field.@name = arguments`, arguments as
//! `Type.field.(name) = type`, and directives of the type itself as `Type.@name`. Queries of clients say nothing here.
//! Start at [`read`].

use super::Broken;
use super::sheet::Sheet;
use super::tokens::{Kind, Spelling, Token, tokens};

const SPELLING: Spelling = Spelling {
    comments: &["#"],
    blocks: false,
    quotes: &['"'],
    signs: &['{', '}', '(', ')', ':', '!', '[', ']', '=', '|', '@', '&', ','],
    doubled: false,
};

pub fn read(text: &str, sheet: &mut Sheet) -> Result<(), Broken> {
    let mut tokens = tokens(text, &SPELLING);
    tokens.retain(|token| token.kind != Kind::Text && !token.is(","));
    let mut at = 0;
    while at < tokens.len() {
        at = if tokens[at].is("type") || tokens[at].is("interface") {
            kind(&tokens, at + 1, sheet)?
        } else {
            at + 1
        };
    }
    Ok(())
}

/// `Name implements A & B @directive { fields }`; returns where it ends.
fn kind(tokens: &[Token], mut at: usize, sheet: &mut Sheet) -> Result<usize, Broken> {
    let name = tokens.get(at).ok_or(Broken)?;
    if name.kind != Kind::Word || !sheet.enter(&*name.text) {
        return Ok(at + 1);
    }
    at += 1;
    while let Some(token) = tokens.get(at).filter(|token| !token.is("{")) {
        if token.is("@") {
            at = directive(tokens, at, "", sheet);
        } else if token.is("type") || token.is("}") {
            // A type without fields.
            sheet.leave();
            return Ok(at);
        } else {
            at += 1;
        }
    }
    at += 1;
    while let Some(token) = tokens.get(at).filter(|token| !token.is("}")) {
        at = match token.kind {
            Kind::Word => field(tokens, at, sheet),
            _ => at + 1,
        };
    }
    sheet.leave();
    Ok(at + 1)
}

/// `name(argument: Type = value): Result! @directive(…)`
fn field(tokens: &[Token], mut at: usize, sheet: &mut Sheet) -> usize {
    let name = &tokens[at];
    at += 1;
    if tokens.get(at).is_some_and(|token| token.is("(")) {
        let end = closing(tokens, at);
        for (nth, token) in tokens[at..end].iter().enumerate() {
            let typed = tokens.get(at + nth + 1).is_some_and(|next| next.is(":"));
            if let Some(kind) = tokens.get(at + nth + 2).filter(|_| typed && token.kind == Kind::Word) {
                sheet.say(
                    &format!("{}.({})", name.text, token.text),
                    &kind.text,
                    token.start,
                    kind.end,
                );
            }
        }
        at = end + 1;
    }
    let mut result = String::new();
    let mut last = name.end;
    if tokens.get(at).is_some_and(|token| token.is(":")) {
        at += 1;
        while let Some(token) = tokens.get(at) {
            let more = token.is("[") || token.is("]") || token.is("!");
            if !more && (token.kind != Kind::Word || result.contains(char::is_alphanumeric)) {
                break;
            }
            result.push_str(&token.text);
            last = token.end;
            at += 1;
        }
    }
    sheet.say(&name.text, &result, name.start, last);
    while tokens.get(at).is_some_and(|token| token.is("@")) {
        at = directive(tokens, at, &name.text, sheet);
    }
    at
}

/// `@name(arguments)` of a field or, without one, of the type; returns where it ends.
fn directive(tokens: &[Token], at: usize, field: &str, sheet: &mut Sheet) -> usize {
    let Some(name) = tokens.get(at + 1) else { return at + 1 };
    let open = at + 2;
    let given = tokens.get(open).is_some_and(|token| token.is("("));
    let end = if given { closing(tokens, open) } else { at + 1 };
    let last = end.min(tokens.len() - 1);
    let texts: Vec<&str> = tokens
        .get(open + 1..end)
        .unwrap_or_default()
        .iter()
        .map(|token| &*token.text)
        .collect();
    let key = if field.is_empty() {
        format!("@{}", name.text)
    } else {
        format!("{field}.@{}", name.text)
    };
    sheet.say(&key, &texts.join(" "), tokens[at].start, tokens[last].end);
    end + 1
}

/// Where the bracket that opens here closes, or the end.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}
