//! Structured control flow: branches, loops, switches, handlers.
//!
//! In: nodes with a control role. Out: [`Stmt`]s.
//! Deliberately absent: fall-through from one `switch` arm that has a body into the next. Start at any function.

use tree_sitter::Node;

use super::super::form::{Expr, ExprKind, Handler, Literal, Span, Stmt, StmtKind};
use super::super::roles::{Entry, Role, Slot};
use super::{Engine, expr, opaque, span_of, stmt};

/// More arms than this stand in a row instead of nesting in each other's `otherwise`.
const NESTED_ARMS: usize = 64;

/// One arm of an `if` or `switch`; the last one may have no condition.
struct Arm {
    cond: Option<Expr>,
    body: Vec<Stmt>,
    span: Span,
}

impl<'t> Engine<'t> {
    pub(super) fn if_statement(&mut self, node: Node<'t>, entry: &Entry<'t>, out: &mut Vec<Stmt>) {
        for init in entry.many(Slot::Init) {
            self.stmt(init, out);
        }
        let elses = entry.many(Slot::Else);
        let under = elses.len().min(NESTED_ARMS);
        self.depth += under;
        let cond = self.condition(entry.one(Slot::Cond), node, out);
        let body = self.maybe_body(entry, Slot::Then);
        let mut arms = vec![Arm {
            cond: Some(cond),
            body,
            span: span_of(node),
        }];
        for other in elses {
            let span = span_of(other);
            match self.entry(other).filter(|entry| entry.role == Role::Elif) {
                Some(elif) => {
                    let cond = self.part(elif, Slot::Cond, other);
                    arms.push(Arm {
                        cond: Some(cond),
                        body: self.maybe_body(elif, Slot::Then),
                        span,
                    });
                }
                None => arms.push(Arm {
                    cond: None,
                    body: self.body(other),
                    span,
                }),
            }
        }
        self.depth -= under;
        chain(arms, out);
    }

    /// A condition may declare (`if (T *p = f())`): then the declaration comes first and its name is the condition.
    fn condition(&mut self, cond: Option<Node<'t>>, whole: Node<'t>, out: &mut Vec<Stmt>) -> Expr {
        let Some(cond) = cond else {
            return opaque(Vec::new(), span_of(whole));
        };
        if self.role(cond) != Some(Role::Declaration) {
            return self.expr(cond);
        }
        let from = out.len();
        self.stmt(cond, out);
        let mut names = out[from..].iter().filter_map(|bound| match &bound.kind {
            StmtKind::Assign { target, .. } => Some(target.clone()),
            _ => None,
        });
        names.next_back().unwrap_or_else(|| opaque(Vec::new(), span_of(cond)))
    }

    pub(super) fn loop_statement(&mut self, node: Node<'t>, entry: &Entry<'t>, out: &mut Vec<Stmt>) {
        for init in entry.many(Slot::Init) {
            self.stmt(init, out);
        }
        let outer = std::mem::replace(&mut self.place.switch, false);
        let mut body = Vec::new();
        let mut binds = None;
        if let Some(iterable) = entry.one(Slot::Iterable) {
            let iterable = self.expr(iterable);
            for key in entry.many(Slot::Key) {
                let keys = ExprKind::Unary(self.word("key"), Box::new(iterable.clone()));
                let keys = expr(keys, iterable.span);
                self.bind(key, keys, &mut body);
            }
            binds = self.binder(entry, iterable, &mut body);
            if let (Some((target, _)), Some(hint)) = (&binds, self.hint(entry))
                && let ExprKind::Name(name) = &target.kind
            {
                let declared = StmtKind::Declare {
                    name: name.clone(),
                    hint: Some(hint),
                    size: None,
                };
                out.push(stmt(declared, target.span));
            }
        }
        let cond = entry
            .one(Slot::Cond)
            .filter(|cond| self.role(*cond) != Some(Role::Skip));
        let cond = cond.map(|cond| self.condition(Some(cond), node, &mut body));
        for part in entry.many(Slot::Body) {
            body.extend(self.body(part));
        }
        for step in entry.many(Slot::Step) {
            self.stmt(step, &mut body);
        }
        body.shrink_to_fit();
        self.place.switch = outer;
        out.push(stmt(StmtKind::Loop { binds, cond, body }, span_of(node)));
        for after in entry.many(Slot::After) {
            self.stmt(after, out);
        }
    }

    /// The first bound name is the loop's own; further names of a pattern are assigned at the start of the body.
    fn binder(&mut self, entry: &Entry<'t>, iterable: Expr, body: &mut Vec<Stmt>) -> Option<(Expr, Expr)> {
        let mut bound = Vec::new();
        for target in entry.many(Slot::Target) {
            if self.role(target) == Some(Role::Assign) {
                // `for (let x of xs)` in grammars that wrap the name in a declarator.
                let inner = self.entry(target).and_then(|assign| assign.one(Slot::Target));
                self.bind(inner.unwrap_or(target), iterable.clone(), &mut bound);
            } else {
                self.bind(target, iterable.clone(), &mut bound);
            }
        }
        let mut bound = bound.into_iter();
        let first = match bound.next().map(|first| first.kind) {
            Some(StmtKind::Assign { target, value, .. }) => Some((target, value)),
            _ => {
                let span = iterable.span;
                let nameless = expr(ExprKind::Name(self.word("_")), span);
                Some((nameless, iterable))
            }
        };
        body.extend(bound);
        first
    }

    pub(super) fn switch(&mut self, node: Node<'t>, entry: &Entry<'t>, out: &mut Vec<Stmt>) {
        for init in entry.many(Slot::Init) {
            self.stmt(init, out);
        }
        let subject = self.maybe(entry, Slot::Value).map(|subject| self.subject(subject, out));
        if let (Some(name), Some(subject)) = (entry.one(Slot::Binds), &subject) {
            self.bind(name, subject.clone(), out);
        }
        let outer = std::mem::replace(&mut self.place.switch, true);
        let cases = self.cases(entry);
        let under = cases.len().min(NESTED_ARMS);
        self.depth += under;
        let (mut arms, mut default) = (Vec::new(), None);
        let mut open: Option<Expr> = None;
        for case in cases {
            let span = span_of(case);
            let Some(parts) = self.entry(case).filter(|entry| entry.role == Role::Case) else {
                arms.push(Arm {
                    cond: None,
                    body: self.body(case),
                    span,
                });
                continue;
            };
            let mut arm = self.case(case, parts, subject.as_ref());
            if parts.has(Slot::Init) {
                // An arm that waits for something is taken or not, for reasons that are not in the text.
                arm.cond = Some(opaque(Vec::new(), span));
            }
            // An arm that names its body is empty on purpose and falls into no other.
            if arm.body.is_empty() && arm.cond.is_some() && !parts.has(Slot::Body) {
                open = self.either(open, arm.cond);
                continue;
            }
            match arm.cond.take() {
                Some(cond) => arms.push(Arm {
                    cond: self.either(open.take(), Some(cond)),
                    ..arm
                }),
                // Values that fall into the default arm are served by it anyway.
                None => (open, default) = (None, Some(arm)),
            }
        }
        self.depth -= under;
        self.place.switch = outer;
        if let Some(cond) = open {
            let span = cond.span;
            arms.push(Arm {
                cond: Some(cond),
                body: Vec::new(),
                span,
            });
        }
        arms.extend(default);
        if arms.is_empty()
            && let Some(subject) = subject
        {
            out.push(stmt(StmtKind::Expr(subject), span_of(node)));
        }
        chain(arms, out);
    }

    fn cases(&mut self, entry: &Entry<'t>) -> Vec<Node<'t>> {
        let mut cases = entry.many(Slot::Item);
        for body in entry.many(Slot::Body) {
            cases.extend(self.children(body));
        }
        cases
    }

    /// What is switched on is repeated in every arm, so anything long gets a name first.
    fn subject(&mut self, subject: Expr, out: &mut Vec<Stmt>) -> Expr {
        let span = subject.span;
        let plain = matches!(
            subject.kind,
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Literal(_)
        );
        if plain && span.end - span.start < 80 {
            return subject;
        }
        let name = expr(ExprKind::Name(self.word("<switch>")), span);
        out.push(stmt(
            StmtKind::Assign {
                target: name.clone(),
                value: subject,
                augmented: false,
                hint: None,
            },
            span,
        ));
        name
    }

    /// The condition under which an arm is taken; nothing for one that always is.
    fn test(&mut self, entry: &Entry<'t>, subject: Option<&Expr>) -> Option<Expr> {
        let mut cond = None;
        // `switch (true)` asks the arms themselves.
        let subject = subject.filter(|subject| !matches!(subject.kind, ExprKind::Literal(Literal::Bool(true))));
        let mut values = Vec::new();
        for value in entry.many(Slot::Value) {
            match self.role(value) {
                Some(Role::List) => values.extend(self.children(value)),
                _ => values.push(value),
            }
        }
        // A pattern that matches everything tests nothing.
        values.retain(|value| self.role(*value) != Some(Role::Skip));
        for value in values {
            let span = span_of(value);
            let test = match subject {
                // A shape is met or not; what it is compared with tells nothing about the value.
                _ if matches!(self.role(value), Some(Role::Pattern | Role::Fields)) => opaque(Vec::new(), span),
                Some(subject) => {
                    let (equals, value) = (self.word("=="), self.expr(value));
                    expr(
                        ExprKind::Binary(equals, Box::new(subject.clone()), Box::new(value)),
                        span,
                    )
                }
                None => self.expr(value),
            };
            cond = self.either(cond, Some(test));
        }
        if let Some(guard) = self.maybe(entry, Slot::Cond) {
            let span = guard.span;
            cond = Some(match cond {
                Some(cond) => expr(ExprKind::Binary(self.word("&&"), Box::new(cond), Box::new(guard)), span),
                None => guard,
            });
        }
        cond
    }

    fn case(&mut self, node: Node<'t>, entry: &Entry<'t>, subject: Option<&Expr>) -> Arm {
        let mut body = Vec::new();
        let cond = self.test(entry, subject);
        for name in entry.many(Slot::Binds) {
            for name in self.captured(name) {
                let from = subject.cloned().unwrap_or_else(|| opaque(Vec::new(), span_of(name)));
                self.bind(name, from, &mut body);
            }
        }
        for init in entry.many(Slot::Init) {
            self.stmt(init, &mut body);
        }
        let statements = match entry.many(Slot::Body) {
            parts if parts.is_empty() => self
                .children(node)
                .into_iter()
                .filter(|child| !entry.claims(*child))
                .collect(),
            parts => parts,
        };
        self.run(&statements, &mut body);
        Arm {
            cond,
            body,
            span: span_of(node),
        }
    }

    /// The names that a pattern of a `case` binds.
    fn captured(&self, pattern: Node<'t>) -> Vec<Node<'t>> {
        let mut names = Vec::new();
        let mut cursor = pattern.walk();
        loop {
            if self.role(cursor.node()) == Some(Role::Shorthand) {
                names.push(cursor.node());
            }
            if names.len() < 64 && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return names;
                }
            }
        }
    }

    fn either(&mut self, a: Option<Expr>, b: Option<Expr>) -> Option<Expr> {
        match (a, b) {
            (Some(a), Some(b)) => {
                let span = b.span;
                // Many labels in a row would nest as deep as there are labels.
                if let ExprKind::Opaque(mut all) = a.kind {
                    all.push(b);
                    return Some(opaque(all, span));
                }
                let depth = left_depth(&a);
                if depth >= NESTED_ARMS {
                    return Some(opaque(vec![a, b], span));
                }
                Some(expr(ExprKind::Binary(self.word("||"), Box::new(a), Box::new(b)), span))
            }
            (a, b) => a.or(b),
        }
    }

    pub(super) fn try_statement(&mut self, entry: &Entry<'t>) -> StmtKind {
        let mut body = Vec::new();
        for item in entry.many(Slot::Item) {
            self.stmt(item, &mut body);
        }
        for slot in [Slot::Body, Slot::After] {
            body.extend(self.maybe_body(entry, slot));
        }
        let mut handlers = Vec::new();
        for handler in entry.many(Slot::Handler) {
            if let Some(parts) = self.entry(handler).filter(|entry| entry.role == Role::Handler) {
                handlers.push(self.handler(handler, parts));
            }
        }
        let finally = self.maybe_body(entry, Slot::Finally);
        StmtKind::Try {
            body,
            handlers,
            finally,
        }
    }

    fn handler(&mut self, node: Node<'t>, entry: &Entry<'t>) -> Handler {
        let caught = entry.one(Slot::Caught).map(|caught| self.type_name(self.text(caught)));
        let mut body = Vec::new();
        let binds = entry.one(Slot::Binds).map(|name| {
            if !self.takes_apart(name) {
                let name = self.word(self.text(name));
                self.locals.insert(name.clone());
                return name;
            }
            let whole = self.word("<caught>");
            self.bind(name, expr(ExprKind::Name(whole.clone()), span_of(name)), &mut body);
            whole
        });
        body.extend(self.maybe_body(entry, Slot::Body));
        Handler {
            caught,
            binds,
            body,
            span: span_of(node),
        }
    }

    pub(super) fn with(&mut self, entry: &Entry<'t>) -> StmtKind {
        let mut body = Vec::new();
        for item in entry.many(Slot::Item) {
            self.stmt(item, &mut body);
        }
        body.extend(self.maybe_body(entry, Slot::Body));
        StmtKind::Try {
            body,
            handlers: Vec::new(),
            finally: Vec::new(),
        }
    }
}

/// Arms as nested `if`s, or in a row when there are too many of them.
fn chain(arms: Vec<Arm>, out: &mut Vec<Stmt>) {
    let in_a_row = arms.len() > NESTED_ARMS;
    let mut otherwise = Vec::new();
    for arm in arms.into_iter().rev() {
        let below = if in_a_row {
            Vec::new()
        } else {
            std::mem::take(&mut otherwise)
        };
        match arm.cond {
            Some(cond) => otherwise.push(stmt(
                StmtKind::If {
                    cond,
                    then: arm.body,
                    otherwise: below,
                },
                arm.span,
            )),
            None if in_a_row => otherwise.push(stmt(StmtKind::Block(arm.body), arm.span)),
            None => otherwise = arm.body.into_iter().chain(below).collect(),
        }
    }
    if in_a_row {
        otherwise.reverse();
    }
    out.append(&mut otherwise);
}

/// How many binary operators lead down the left side.
fn left_depth(mut expr: &Expr) -> usize {
    let mut depth = 0;
    while let ExprKind::Binary(_, left, _) = &expr.kind {
        depth += 1;
        expr = left;
    }
    depth
}
