//! State that more than one flow of control touches: locks that are still held on a way out, handlers of signals that
//! do what no handler may, threads that change globals without a lock.
//!
//! In: calls, ways out, and the functions that are handed to the system. Out: mistakes. Deliberately absent: which
//! lock protects what, and orders of locks. Start at [`Walk::concurrent`].

use crate::flow::program::names;
use crate::syntax::form::{Arg, Expr, ExprKind, Span, StmtKind};

use super::Kind;
use super::check::{called, strip};
use super::memory::Memory;
use super::walk::Walk;

/// Functions that a handler of a signal must not call: they lock or allocate.
const UNSAFE: [&str; 20] = [
    "malloc",
    "calloc",
    "realloc",
    "free",
    "printf",
    "fprintf",
    "vprintf",
    "vfprintf",
    "puts",
    "fputs",
    "fopen",
    "fclose",
    "fflush",
    "exit",
    "syslog",
    "strdup",
    "delete",
    "pthread_mutex_lock",
    "system",
    "popen",
];

/// Words that say that a function looks after its order itself.
const ORDERED: [&str; 5] = ["lock", "atomic", "mutex", "sem_wait", "critical"];

impl<'a> Walk<'a> {
    /// A call that takes or gives back a lock, or hands a function to the system.
    pub fn concurrent(&mut self, name: &str, args: &'a [Arg], span: Span, memory: &mut Memory) {
        if let (true, Some(lock)) = (takes(name), args.first()) {
            let lock = self.words(&lock.value);
            memory.held.insert(lock, span);
        } else if let (true, Some(lock)) = (gives(name), args.first()) {
            let lock = self.words(&lock.value);
            memory.held.remove(&lock);
        } else if let ("signal", Some(handler)) = (name, args.get(1)) {
            self.handles(&handler.value);
        } else if let ("pthread_create", Some(runs)) = (name, args.get(2)) {
            self.runs_beside(&runs.value);
        }
    }

    /// The function is left; a lock that it gives back on other ways is still held.
    pub fn still_held(&mut self, span: Span, memory: &Memory) {
        if memory.held.is_empty() || !self.stack.is_empty() {
            return;
        }
        let mut returned = Vec::new();
        names::walk(&self.function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Call { callee, args, .. } = &expr.kind
                    && gives(&called(callee))
                {
                    returned.extend(args.first().map(|arg| self.words(&arg.value)));
                }
            });
        });
        for (lock, taken) in memory.held.iter().filter(|(lock, _)| returned.contains(lock)) {
            let what = format!("{lock} is still locked here");
            let began = Some((self.unit, *taken, "locked here"));
            self.report("lock-held", Kind::Other, span, began, what, 55);
        }
    }

    /// `action.sa_handler = name`
    pub fn set_as_handler(&mut self, target: &Expr, value: &Expr) {
        if let ExprKind::Field(_, field) = &target.kind
            && matches!(&**field, "sa_handler" | "sa_sigaction")
        {
            self.handles(value);
        }
    }

    fn handles(&mut self, handler: &Expr) {
        let Some(unit) = self.named(handler) else { return };
        let mut calls = Vec::new();
        names::walk(&self.scene.function(unit).body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Call { callee, .. } = &expr.kind {
                    calls.push((called(callee), expr.span));
                }
            });
        });
        if let Some((name, span)) = calls.into_iter().find(|(name, _)| UNSAFE.contains(&name.as_str())) {
            let what = format!("{name} is called from a handler of signals, which may interrupt it");
            self.report_in(unit, "signal-unsafe", span, what, 50);
        }
    }

    fn runs_beside(&mut self, runs: &Expr) {
        let Some(unit) = self.named(runs) else { return };
        let function = self.scene.function(unit);
        let text = self.scene.text(unit, function.span).to_ascii_lowercase();
        if ORDERED.iter().any(|word| text.contains(word)) {
            return;
        }
        let mut own: Vec<String> = function.params.iter().map(|param| param.name.to_string()).collect();
        let mut written = Vec::new();
        names::walk(&function.body, &mut |stmt| {
            match &stmt.kind {
                StmtKind::Declare { name, .. } => own.push(name.to_string()),
                StmtKind::Assign { target, hint, .. } => match names::dotted(target) {
                    Some(name) if hint.is_some() => own.push(name),
                    Some(name) => written.push((name, stmt.span)),
                    None => {}
                },
                _ => {}
            }
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Unary(op, inner) = &expr.kind
                    && (op.contains("++") || op.contains("--"))
                {
                    written.extend(names::dotted(inner).map(|name| (name, expr.span)));
                }
            });
        });
        let module = self.scene.graph.units[unit as usize].module;
        let shared = |name: &str| {
            let global = self.program.globals.get(module).and_then(|all| all.get(name));
            global.is_some_and(|global| !global.hint.contains("atomic") && !global.hint.contains("thread_local"))
        };
        let found = written
            .into_iter()
            .find(|(name, _)| !own.contains(name) && shared(name));
        if let Some((name, span)) = found {
            let what = format!("{name} is changed by a thread, and no lock is taken");
            self.report_in(unit, "thread-shared", span, what, 40);
        }
    }

    /// The function of this file that the expression names.
    fn named(&self, expr: &Expr) -> Option<u32> {
        let name = match &strip(expr).kind {
            ExprKind::Name(name) => name,
            ExprKind::Address(inner) => return self.named(inner),
            _ => return None,
        };
        let own = |unit: &crate::flow::Unit| unit.module == self.module && *unit.name == **name;
        self.scene.graph.units.iter().position(own).map(|at| at as u32)
    }

    fn report_in(&mut self, unit: u32, rule: &'static str, span: Span, what: String, weight: u32) {
        let own = std::mem::replace(&mut self.unit, unit);
        self.report(rule, Kind::Other, span, None, what, weight);
        self.unit = own;
    }
}

fn takes(name: &str) -> bool {
    matches!(
        name,
        "pthread_mutex_lock"
            | "pthread_rwlock_rdlock"
            | "pthread_rwlock_wrlock"
            | "pthread_spin_lock"
            | "mtx_lock"
            | "EnterCriticalSection"
            | "g_mutex_lock"
            | "mutex_lock"
            | "spin_lock"
    )
}

fn gives(name: &str) -> bool {
    matches!(
        name,
        "pthread_mutex_unlock"
            | "pthread_rwlock_unlock"
            | "pthread_spin_unlock"
            | "mtx_unlock"
            | "LeaveCriticalSection"
            | "g_mutex_unlock"
            | "mutex_unlock"
            | "spin_unlock"
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn locks_are_given_back_on_every_way_out() {
        check(
            "a.c",
            "#include <pthread.h>
int take(struct q *q) {
    pthread_mutex_lock(&q->mu);
    if (q->n == 0) {
        return -1; /* VULN: CWE-362 */
    }
    if (q->n == 1) {
        pthread_mutex_unlock(&q->mu);
        return 0; /* SAFE: CWE-362 */
    }
    pthread_mutex_unlock(&q->mu);
    return 1; /* SAFE: CWE-362 */
}
",
        );
    }

    #[test]
    fn handlers_and_threads_do_nothing_that_others_may_interrupt() {
        check(
            "a.c",
            "#include <pthread.h>
#include <signal.h>
static int stop; static long total; static long sum;
static pthread_mutex_t mu;
static void bad(int sig) { printf(\"bye\"); /* VULN: CWE-362 */
}
static void good(int sig) { stop = 1; /* SAFE: CWE-362 */
}
static void *add(void *arg) {
    total += 1; /* VULN: CWE-362 */
    return 0;
}
static void *careful(void *arg) {
    pthread_mutex_lock(&mu);
    sum += 1; /* SAFE: CWE-362 */
    pthread_mutex_unlock(&mu);
    return 0;
}
int main(void) {
    pthread_t a, b;
    signal(15, bad);
    signal(2, good);
    pthread_create(&a, 0, add, 0);
    pthread_create(&b, 0, careful, 0);
    return 0;
}
",
        );
    }
}
