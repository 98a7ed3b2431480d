//! Reading one pattern: text such as `subprocess.run(0, shell=True)` becomes a [`Pattern`].
//!
//! In: text from a card or a framework model. Out: a [`Pattern`], or a sentence that names the text that makes no
//! sense. Deliberately absent: matching, and any recovery; a pattern that is half understood would look for the wrong
//! thing in silence. Start at [`Pattern::parse`].

use regex::Regex;

use super::pattern::{ArgSpec, Path, Pattern, Shape, Which};

/// In front of a pattern that a language does not take from the one it extends.
const WITHOUT: &str = "without ";

impl Pattern {
    /// Errors are sentences that contain the text at fault, ready to be shown with the card's name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let body = text.strip_prefix(WITHOUT).unwrap_or(text);
        let (body, in_route) = match body.strip_suffix(" in route") {
            Some(rest) => (rest.trim_end(), true),
            None => (body, false),
        };
        let (body, within) = within(body)?;
        Ok(Self {
            text: text.to_owned(),
            shape: shape(body)?,
            in_route,
            within,
        })
    }
}

impl Pattern {
    /// The pattern that this one says does not hold.
    pub fn without(&self) -> Option<&str> {
        self.text.strip_prefix(WITHOUT)
    }

    /// Whether an argument, the receiver, the returned or the assigned value is named as the dangerous one.
    pub fn names_danger(&self) -> bool {
        match &self.shape {
            Shape::Call { args, .. } => args
                .iter()
                .any(|arg| matches!(arg, ArgSpec::Danger(_) | ArgSpec::Whole(_))),
            Shape::Write(_) | Shape::Return => true,
            Shape::Read(_) => false,
        }
    }
}

/// Splits a qualified name as written in any language (`a.b`, `a::b`, `a->b`, `a/b`) into its segments.
pub fn segments(name: &str) -> Vec<&str> {
    name.split(['.', '/', ':', '>'])
        .map(|part| part.trim_end_matches('-'))
        .filter(|part| !part.is_empty())
        .collect()
}

/// Takes `in "regex"` off the end.
fn within(body: &str) -> Result<(&str, Option<Regex>), String> {
    let Some((rest, name)) = body
        .strip_suffix('"')
        .and_then(|open| open.split_once(" in \""))
        .filter(|(rest, _)| !rest.contains('"') || rest.ends_with(')'))
    else {
        return Ok((body, None));
    };
    let regex = Regex::new(name).map_err(|error| format!("`{body}` has a bad regex: {error}"))?;
    Ok((rest.trim_end(), Some(regex)))
}

fn shape(body: &str) -> Result<Shape, String> {
    if body.is_empty() {
        return Err("a pattern must not be empty".to_owned());
    }
    if body == "return" {
        return Ok(Shape::Return);
    }
    if let Some(open) = body.find('(') {
        return call(body, open);
    }
    if let Some(name) = body.strip_suffix('=') {
        return Ok(Shape::Write(path(name.trim_end())?));
    }
    Ok(Shape::Read(path(body)?))
}

fn call(body: &str, open: usize) -> Result<Shape, String> {
    let Some(inside) = body[open + 1..].strip_suffix(')') else {
        return Err(format!("`{body}` must end with the `)` that closes its arguments"));
    };
    let name = &body[..open];
    let (new, name) = match name.strip_prefix("new ") {
        Some(rest) => (true, rest.trim_start()),
        None => (false, name),
    };
    let args = split_args(inside)?
        .into_iter()
        .map(arg)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Shape::Call {
        path: path(name)?,
        new,
        args,
    })
}

fn path(text: &str) -> Result<Path, String> {
    let (any_receiver, rest) = match text.strip_prefix("*.") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let found: Vec<String> = segments(rest).into_iter().map(str::to_owned).collect();
    let tidy = !rest.starts_with(['.', '/', ':']) && !rest.ends_with(['.', '/', ':', '>', '-']) && !rest.contains("..");
    if found.is_empty() || !tidy || !found.iter().all(|segment| is_segment(segment)) {
        return Err(format!("`{text}` is not a dotted name"));
    }
    Ok(Path {
        any_receiver,
        segments: found,
    })
}

/// Package names may hold `-` and `@` (`@hapi.hapi`, `node-serialize.unserialize`), so they are letters here.
fn is_segment(segment: &str) -> bool {
    let opens = |c: char| c.is_alphabetic() || matches!(c, '_' | '$' | '@');
    // Methods of Ruby may end in a mark, and its backticks are a call.
    let plain = segment.strip_suffix(['!', '?']).unwrap_or(segment);
    segment == "`" || plain.starts_with(opens) && plain.chars().all(|c| opens(c) || c.is_ascii_digit() || c == '-')
}

/// Splits at the commas that stand outside quotes.
fn split_args(inside: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(inside[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    if quoted {
        return Err(format!("`{inside}` has a quote that is not closed"));
    }
    let last = inside[begin..].trim();
    if !(parts.is_empty() && last.is_empty()) {
        parts.push(last);
    }
    Ok(parts)
}

fn arg(text: &str) -> Result<ArgSpec, String> {
    if let Some(label) = text.strip_prefix('!') {
        return Ok(ArgSpec::Absent(which(label)?));
    }
    let end = text.find(['~', ':', '=']).unwrap_or(text.len());
    let which = which(text[..end].trim_end())?;
    let mut rest = text[end..].chars();
    let (sign, value) = (rest.next(), rest.as_str().trim());
    match sign {
        None => Ok(ArgSpec::Danger(which)),
        Some('~') => {
            let pattern = unquoted(value).ok_or_else(|| format!("`{text}` needs its regex in double quotes"))?;
            let regex = Regex::new(pattern).map_err(|error| format!("`{text}` has a bad regex: {error}"))?;
            Ok(ArgSpec::Matches(which, regex))
        }
        Some(':') if value == "nonliteral" => Ok(ArgSpec::NonLiteral(which)),
        Some(':') if value == "literal" => Ok(ArgSpec::Literal(which)),
        Some(':') if value == "whole" => Ok(ArgSpec::Whole(which)),
        Some(':') => Err(format!(
            "`{text}`: after `:` only `literal`, `nonliteral` and `whole` have a meaning"
        )),
        Some(_) if value.is_empty() => Err(format!("`{text}` must say what the argument equals")),
        Some(_) => Ok(ArgSpec::Equals(which, unquoted(value).unwrap_or(value).to_owned())),
    }
}

fn which(text: &str) -> Result<Which, String> {
    let number = |digits: &str| {
        digits
            .parse()
            .map_err(|_| format!("`{text}` is not a position, counted from 0"))
    };
    match text {
        "*" => Ok(Which::All),
        "this" => Ok(Which::Receiver),
        _ if text.ends_with("..") => Ok(Which::From(number(&text[..text.len() - 2])?)),
        _ if text.starts_with(|c: char| c.is_ascii_digit()) => Ok(Which::Position(number(text)?)),
        _ => Ok(Which::Label(label_of(text)?)),
    }
}

fn label_of(text: &str) -> Result<String, String> {
    // Keys may be operators of a query (`$where`) or names of headers (`Access-Control-Allow-Origin`).
    let begins_well = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$'));
    if begins_well
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '-'))
    {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{text}` is not an argument: expected a position, `N..`, `*`, `this` or a keyword"
    ))
}

fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line per argument, so that a table of inputs can be compared as text.
    fn show(pattern: &Pattern) -> String {
        let name = |path: &Path| {
            format!(
                "{}{}",
                if path.any_receiver { "*." } else { "" },
                path.segments.join(".")
            )
        };
        let shape = match &pattern.shape {
            Shape::Call { path, new, args } => {
                let args: Vec<String> = args.iter().map(|arg| format!("{arg:?}").replace("\\\"", "'")).collect();
                format!(
                    "{}{} [{}]",
                    if *new { "new " } else { "call " },
                    name(path),
                    args.join("; ")
                )
            }
            Shape::Read(path) => format!("read {}", name(path)),
            Shape::Write(path) => format!("write {}", name(path)),
            Shape::Return => "return".to_owned(),
        };
        format!("{shape}{}", if pattern.in_route { " in route" } else { "" })
    }

    fn check(text: &str, expect: &str) {
        let pattern = Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(show(&pattern), expect, "{text}");
        assert_eq!(pattern.text, text.trim());
    }

    #[test]
    fn every_documented_form_has_its_shape() {
        check("os.system(0)", "call os.system [Danger(Position(0))]");
        check("*.execute(0)", "call *.execute [Danger(Position(0))]");
        check(
            "subprocess.run(0, shell=True)",
            "call subprocess.run [Danger(Position(0)); Equals(Label(\"shell\"), \"True\")]",
        );
        check(
            "Cipher.getInstance(0~\"DES|RC4|ECB\")",
            "call Cipher.getInstance [Matches(Position(0), Regex(\"DES|RC4|ECB\"))]",
        );
        check(
            "requests.get(!timeout)",
            "call requests.get [Absent(Label(\"timeout\"))]",
        );
        check("printf(0:nonliteral)", "call printf [NonLiteral(Position(0))]");
        check("connect(1:literal)", "call connect [Literal(Position(1))]");
        check("new ProcessBuilder(*)", "new ProcessBuilder [Danger(All)]");
        check("recv(1)", "call recv [Danger(Position(1))]");
        check("request.args", "read request.args");
        check("*.innerHTML =", "write *.innerHTML");
        check("return", "return");
        check("without *.matches(0)", "call *.matches [Danger(Position(0))]");
        check("return in route", "return in route");
    }

    #[test]
    fn arguments_may_be_ranges_receivers_keywords_and_quoted_literals() {
        check("scanf(1..)", "call scanf [Danger(From(1))]");
        check("*.compile(this)", "call *.compile [Danger(Receiver)]");
        check("open(file)", "call open [Danger(Label(\"file\"))]");
        check(
            "crypto.createHash(0=\"md5\")",
            "call crypto.createHash [Equals(Position(0), \"md5\")]",
        );
        check("f()", "call f []");
        check(
            "f(0~\"a,b\", 1)",
            "call f [Matches(Position(0), Regex(\"a,b\")); Danger(Position(1))]",
        );
        check(
            "f(mode:nonliteral) in route",
            "call f [NonLiteral(Label(\"mode\"))] in route",
        );
    }

    #[test]
    fn separators_of_every_language_give_the_same_path() {
        for text in [
            "os.exec.Command(0)",
            "os/exec.Command(0)",
            "os::exec::Command(0)",
            "os->exec->Command(0)",
        ] {
            check(text, "call os.exec.Command [Danger(Position(0))]");
        }
        check(
            "node-serialize.unserialize(0)",
            "call node-serialize.unserialize [Danger(Position(0))]",
        );
        assert_eq!(segments("std::vector->size"), ["std", "vector", "size"]);
    }

    #[test]
    fn nonsense_is_refused_with_the_text_at_fault() {
        for (text, fault) in [
            ("", "empty"),
            (" in route", "`in route`"),
            ("os..system(0)", "os..system"),
            ("os.system(0", "os.system(0"),
            ("(0)", "not a dotted name"),
            ("a b(0)", "a b"),
            ("f(0,)", "``"),
            ("f(-1)", "-1"),
            ("f(1x)", "1x"),
            ("f(x..)", "x.."),
            ("f(0~DES)", "0~DES"),
            ("f(0~\"(\")", "bad regex"),
            ("f(0~\"a)", "not closed"),
            ("f(0:constant)", "0:constant"),
            ("f(shell=)", "shell="),
            ("f(!)", "not an argument"),
            ("*", "`*`"),
            ("=", "not a dotted name"),
            ("new X", "new X"),
            ("return 1", "return 1"),
        ] {
            let error = Pattern::parse(text).map(|pattern| show(&pattern)).expect_err(text);
            assert!(error.contains(fault), "{text}: {error}");
        }
    }

    #[test]
    fn only_patterns_that_point_at_a_value_name_a_danger() {
        for (text, expect) in [
            ("f(0)", true),
            ("f()", false),
            ("f(x=1)", false),
            ("a.b =", true),
            ("a.b", false),
            ("return", true),
        ] {
            assert_eq!(Pattern::parse(text).unwrap().names_danger(), expect, "{text}");
        }
    }
}
