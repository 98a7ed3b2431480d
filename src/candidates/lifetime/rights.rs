//! Privileges are given up in the right order: groups while there is still the right to change them, then the user.
//!
//! In: calls of `setuid` and its kind. Out: mistakes. Deliberately absent: whether they are given up at all, and
//! changes that can be undone. Start at [`Walk::gives_up`].

use crate::syntax::form::{Arg, Span};

use super::Kind;
use super::memory::Memory;
use super::walk::Walk;

impl Walk<'_> {
    /// A call that changes whose rights the process has.
    pub fn gives_up(&mut self, name: &str, args: &[Arg], span: Span, memory: &mut Memory) {
        match name {
            "setuid" | "setresuid" | "setreuid" => {
                let root = args.iter().any(|arg| self.range(&arg.value, memory).exact() == Some(0));
                if !root {
                    memory.given_up = memory.given_up.or(Some(span));
                }
            }
            "setgid" | "setresgid" | "setregid" | "setgroups" | "initgroups" => {
                if let Some(before) = memory.given_up {
                    let what = format!("{name} comes too late: without the user's rights the group stays as it was");
                    let began = Some((self.unit, before, "the user is given up here"));
                    self.report("rights-order", Kind::Other, span, began, what, 60);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn groups_go_before_the_user() {
        check(
            "a.c",
            "#include <unistd.h>
int one(int uid, int gid) {
    if (setuid(uid) != 0) return -1;
    if (setgid(gid) != 0) return -1; /* VULN: CWE-250 */
    return 0;
}
int two(int uid, int gid) {
    if (setgid(gid) != 0) return -1; /* SAFE: CWE-250 */
    if (setuid(uid) != 0) return -1;
    return 0;
}
",
        );
    }
}
