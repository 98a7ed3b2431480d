//! What judges get to see, and in which words.

mod blind;
mod fence;
mod gather;

use super::*;
use crate::candidates::{Generator, Role, Step};

/// A candidate whose trace is given as role, path, line; the code of a step is not looked at by this stage.
fn candidate(generator: Generator, steps: &[(Role, &str, u32)]) -> Candidate {
    let step = |(role, path, line): &(Role, &str, u32)| Step {
        role: *role,
        path: path.to_string(),
        line: *line,
        last: *line,
        code: "db.execute(sql)".into(),
        note: String::new(),
    };
    let (guards, trace): (Vec<Step>, Vec<Step>) = steps.iter().map(step).partition(|step| step.role == Role::Guard);
    Candidate {
        id: "x".into(),
        card: "CWE-89".into(),
        language: "python".into(),
        generator,
        function: "find".into(),
        trace,
        guards,
        entry: String::new(),
        summary: String::new(),
        rank: 1,
    }
}

/// A brief from lines of path, function, line in the file, reason and text.
fn brief(lines: &[(&str, &str, u32, Why, &str)]) -> Brief {
    let mut shown: Vec<Line> = Vec::new();
    for (path, function, line, why, text) in lines {
        let gap = shown
            .last()
            .is_some_and(|last| last.function == *function && last.line + 1 != *line);
        shown.push(Line {
            number: shown.len() as u32 + 1,
            path: path.to_string(),
            function: function.to_string(),
            line: *line,
            text: text.to_string(),
            why: *why,
            gap,
        });
    }
    let candidate = candidate(Generator::Taint, &[(Role::Sink, "a.py", 1)]);
    Brief {
        candidate,
        lines: shown,
        facts: vec![],
        omitted: vec![],
    }
}
