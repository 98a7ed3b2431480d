//! Arguments that a program may read as options of its own.
//!
//! In: the argument of a call that starts a program, or all of its arguments. Out: whether an outside value stands
//! there where the program would look for an option that does harm. What cannot be seen counts. Deliberately absent:
//! which options those are. Start at [`Walker::optional`].

use crate::syntax::form::{Arg, Expr, ExprKind, Literal};

use crate::flow::state::value::{Fact, State};
use crate::flow::walk::apply::Actual;
use crate::flow::walk::taint::Walker;

/// Programs with options that run something, write somewhere or read anything.
const RISKY: [&str; 62] = [
    "git",
    "hg",
    "svn",
    "ssh",
    "scp",
    "sftp",
    "rsync",
    "curl",
    "wget",
    "aria2c",
    "tar",
    "zip",
    "unzip",
    "7z",
    "find",
    "fd",
    "xargs",
    "awk",
    "gawk",
    "sed",
    "sort",
    "man",
    "less",
    "vim",
    "tcpdump",
    "nmap",
    "convert",
    "magick",
    "mogrify",
    "gs",
    "psql",
    "mysql",
    "mysqldump",
    "sqlite3",
    "pg_dump",
    "openssl",
    "gpg",
    "docker",
    "podman",
    "kubectl",
    "helm",
    "npm",
    "pip",
    "python",
    "python3",
    "perl",
    "ruby",
    "php",
    "node",
    "java",
    "sendmail",
    "mail",
    "yt-dlp",
    "youtube-dl",
    "pandoc",
    "wkhtmltopdf",
    "env",
    "sudo",
    "nc",
    "socat",
    "chromium",
    "soffice",
];

impl<'f> Walker<'_, 'f> {
    /// Whether a value in the command that begins at argument `at` of a call may be taken for an option: the argument
    /// lists the command, or the arguments from the first on are it.
    pub fn optional(&self, at: usize, args: &'f [Arg], state: &State<'f>) -> bool {
        let Some(first) = args.get(at) else { return true };
        let words: Vec<&Expr> = match self.listing(&first.value, state) {
            Some(items) => items.iter().map(|(_, item)| item).collect(),
            None if at > 0 => args.iter().map(|arg| &arg.value).collect(),
            None => return true,
        };
        let Some((program, rest)) = words.split_first() else {
            return true;
        };
        if let Some(name) = text(program) {
            let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
            if !RISKY.contains(&name) {
                return false;
            }
        }
        let ends = rest
            .iter()
            .position(|word| text(word) == Some("--"))
            .unwrap_or(rest.len());
        if at > 0 && self.listing(&first.value, state).is_none() {
            // Every argument is a word of its own.
            return at <= ends && !began(&first.value);
        }
        // What begins with text of the program's own is no option that somebody else chose.
        rest[..ends].iter().any(|word| !began(word))
    }

    /// Whether what stands at an argument is what the card is about: an option where it could be one, markup among the
    /// program's own. A line for a shell is another card's.
    pub fn counts(
        &mut self,
        card: usize,
        at: usize,
        facts: &[Fact],
        actual: &Actual<'_, 'f>,
        text: &str,
        state: &State<'f>,
    ) -> bool {
        let world = self.world;
        if world.documents & (1 << card) != 0 && matches!(world.modules[self.module].language, "python" | "java") {
            return self.woven(&actual.args[at].value, 3, state);
        }
        if world.about.options & (1 << card) == 0 {
            return true;
        }
        if self.shelled(at, actual.args, state) {
            world
                .shells
                .iter()
                .for_each(|shell| self.hit(*shell, facts, actual.span, text));
            return false;
        }
        self.optional(at, actual.args, state)
    }

    /// Whether the command is given to a shell to read: `["sh", "-c", line]`.
    pub fn shelled(&self, at: usize, args: &'f [Arg], state: &State<'f>) -> bool {
        let Some(items) = args.get(at).and_then(|first| self.listing(&first.value, state)) else {
            return false;
        };
        let words: Vec<&str> = items.iter().map(|(_, item)| text(item).unwrap_or_default()).collect();
        let [program, option, _, ..] = words.as_slice() else {
            return false;
        };
        let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
        let shell = matches!(
            name,
            "sh" | "bash" | "dash" | "zsh" | "ksh" | "cmd" | "cmd.exe" | "powershell" | "pwsh"
        );
        shell && matches!(*option, "-c" | "-lc" | "/c" | "/C" | "-Command")
    }

    fn listing(&self, expr: &'f Expr, state: &State<'f>) -> Option<&'f [(Option<Expr>, Expr)]> {
        match &expr.kind {
            ExprKind::Collection(items) => Some(items),
            ExprKind::Name(name) => match &state.bound.get(name)?.kind {
                ExprKind::Collection(items) => Some(items),
                _ => None,
            },
            ExprKind::Opaque(parts) if parts.len() == 1 => self.listing(&parts[0], state),
            _ => None,
        }
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text),
        _ => None,
    }
}

fn began(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Template(parts) => parts.first().is_some_and(began),
        ExprKind::Binary(op, left, _) => matches!(&**op, "+" | ".") && began(left),
        _ => false,
    }
}
