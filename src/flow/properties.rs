//! What the project's own property files give to names: `getProperty("cipher")` is as good as its value.
//!
//! In: files whose name ends in `.properties`. Out: [`Properties`], asked per call. A name with two values in the
//! project has none. Deliberately absent: escapes, profiles and placeholders. Start at [`Properties::of`].

use std::collections::HashMap;

use crate::source::SourceFile;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal};

use super::value::Const;

/// Longest value kept.
const LONGEST: usize = 200;

/// Values by name; `None` where files disagree. Never read in iteration order.
#[derive(Debug, Default)]
pub struct Properties {
    values: HashMap<String, Option<String>>,
}

impl Properties {
    pub fn of(files: &[SourceFile]) -> Self {
        let mut found = Self::default();
        for file in files.iter().filter(|file| file.path.ends_with(".properties")) {
            for line in file.text.lines() {
                let line = line.trim();
                if line.starts_with(['#', '!']) || line.len() > 4 * LONGEST {
                    continue;
                }
                let Some((name, value)) = line.split_once(['=', ':']) else {
                    continue;
                };
                let (name, value) = (name.trim(), value.trim());
                if name.is_empty() || value.is_empty() || value.len() > LONGEST || value.contains("${") {
                    continue;
                }
                found
                    .values
                    .entry(name.to_owned())
                    .and_modify(|known| {
                        if known.as_deref() != Some(value) {
                            *known = None;
                        }
                    })
                    .or_insert_with(|| Some(value.to_owned()));
            }
        }
        found
    }

    /// The value of `x.getProperty("name")` or `x.getProperty("name", "otherwise")`.
    pub fn asked(&self, callee: &Expr, args: &[Arg]) -> Option<Const> {
        let ExprKind::Field(_, method) = &callee.kind else {
            return None;
        };
        if &**method != "getProperty" {
            return None;
        }
        let text = |arg: &Arg| match &arg.value.kind {
            ExprKind::Literal(Literal::Str(text)) => Some(text.clone()),
            _ => None,
        };
        let name = text(args.first()?)?;
        match self.values.get(&*name) {
            Some(Some(value)) => Some(Const::Text(value.as_str().into())),
            Some(None) => None,
            None => args.get(1).and_then(text).map(Const::Text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Snapshot;

    #[test]
    fn a_name_with_two_values_has_none() {
        let files = [
            ("a.properties", "cipher=DES\nhash: MD5\n# x=y\n"),
            ("b.properties", "cipher=AES\n"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let snapshot = Snapshot::of_texts(files);
        let found = Properties::of(snapshot.files());
        assert_eq!(found.values.get("cipher"), Some(&None));
        assert_eq!(found.values.get("hash"), Some(&Some("MD5".to_owned())));
        assert_eq!(found.values.get("# x"), None);
    }
}
