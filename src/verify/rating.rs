//! How bad a confirmed weakness is, from what has to hold before it does harm.
//!
//! In: a case, and whether the verifier pointed at the check of an account on the way. Out: a [`Rating`]: the severity, base
//! vectors of CVSS 3.1 and 4.0 with their scores, and the preconditions in words. A card holds the vector of its weakness where
//! an outsider reaches it over the network; where the input enters and what was not traced change it, only downwards.
//! Deliberately absent: arithmetic, which the `cvss` crate does, and every metric but the base ones, which need knowledge of
//! the place where the program runs. Start at [`rate`].
//!
//! From 3.1 to 4.0: circumstances beyond the attacker's control (AC:H) are a requirement of the attack (AT:P), a victim's act
//! (UI:R) is a passive one (UI:P), and a changed scope (S:C) is a low loss of what lies behind (SC:L/SI:L).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::candidates::Role;
use crate::cards::Severity;
use crate::detect::Case;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    pub severity: Severity,
    /// 3.1 before 4.0; empty where the card has no vector.
    pub cvss: Vec<Cvss>,
    /// What has to hold, each a sentence without its full stop.
    pub needs: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cvss {
    /// `CVSS:3.1/AV:N/…`.
    pub vector: String,
    /// 0 to 10, in tenths.
    pub score: f64,
}

pub fn rate(case: &Case<'_>, account: bool) -> Rating {
    let candidate = &case.brief.candidate;
    let traced = candidate.trace.iter().any(|step| step.role == Role::Source) && candidate.entry != "parameter";
    let mut severity = match case.card.severity {
        Severity::Critical if !traced => Severity::High,
        Severity::High if !traced => Severity::Medium,
        severity => severity,
    };
    let Some(mut base) = case.card.cvss.as_deref().map(metrics) else {
        return Rating {
            severity,
            cvss: Vec::new(),
            needs: vec![reach(&candidate.entry, traced).to_owned()],
        };
    };
    let mut change = |metric: &'static str, from: &str, to: &'static str| {
        let changes = base.get(metric).is_some_and(|value| value == from);
        if changes {
            base.insert(metric.to_owned(), to.to_owned());
        }
        changes
    };
    let local = matches!(candidate.entry.as_str(), "cli" | "env" | "file") && change("AV", "N", "L");
    let account = account && change("PR", "N", "L");
    if !traced {
        change("AC", "L", "H");
    }
    let needs = needs(&base, reach(&candidate.entry, traced));
    let cvss = [version_3(&base), version_4(&base)].map(scored).to_vec();
    if local || account {
        severity = severity.min(band(cvss[0].score));
    }
    Rating { severity, cvss, needs }
}

/// `AV:N/AC:L` → `AV` is `N`, `AC` is `L`.
fn metrics(vector: &str) -> BTreeMap<String, String> {
    let pairs = vector.split('/').filter_map(|metric| metric.split_once(':'));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn reach(entry: &str, traced: bool) -> &'static str {
    match entry {
        "http" | "host" | "network" | "message" | "dom" => "an outsider reaches the program over the network",
        "cli" => "an outsider chooses an argument of the program",
        "env" => "an outsider sets a variable of the program's environment",
        "file" => "an outsider writes a file that the program reads",
        "db" => "somebody has put the value into the database before",
        "parameter" => "a caller outside of this project passes in what an outsider chose",
        _ if traced => "an outsider chooses the input",
        _ => "an outsider reaches this place, which was not traced",
    }
}

fn needs(base: &BTreeMap<String, String>, reach: &str) -> Vec<String> {
    let is = |metric: &str, value: &str| base.get(metric).is_some_and(|own| own == value);
    let all = [
        (true, reach),
        (is("PR", "L"), "the attacker has an account"),
        (is("PR", "H"), "the attacker has the rights of an administrator"),
        (is("UI", "R"), "a victim opens a page or a file"),
        (is("AC", "H"), "circumstances hold that the attacker does not choose"),
    ];
    all.iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, told)| (*told).to_owned())
        .collect()
}

fn version_3(base: &BTreeMap<String, String>) -> String {
    let metrics = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"].map(|name| format!("/{name}:{}", base[name]));
    format!("CVSS:3.1{}", metrics.concat())
}

fn version_4(base: &BTreeMap<String, String>) -> String {
    let attack = if base["AC"] == "H" { "P" } else { "N" };
    let victim = if base["UI"] == "R" { "P" } else { "N" };
    let behind = if base["S"] == "C" { "L" } else { "N" };
    format!(
        "CVSS:4.0/AV:{}/AC:L/AT:{attack}/PR:{}/UI:{victim}/VC:{}/VI:{}/VA:{}/SC:{behind}/SI:{behind}/SA:N",
        base["AV"], base["PR"], base["C"], base["I"], base["A"]
    )
}

fn scored(vector: String) -> Cvss {
    let parsed: cvss::Cvss = vector
        .parse()
        .expect("made of the metrics of a vector that the cards' loader checked");
    Cvss {
        score: (parsed.score() * 10.0).round() / 10.0,
        vector,
    }
}

/// The word for a score, as both versions of the standard have it.
fn band(score: f64) -> Severity {
    match score {
        9.0.. => Severity::Critical,
        7.0.. => Severity::High,
        4.0.. => Severity::Medium,
        0.1.. => Severity::Low,
        _ => Severity::Note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards;
    use crate::detect::scripted::{LYING, brief};

    fn rated(card: &str, entry: &str, traced: bool, account: bool) -> Rating {
        let mut brief = brief(&LYING);
        brief.candidate.entry = entry.to_owned();
        if !traced {
            brief.candidate.trace.remove(0);
        }
        let card = cards::get(card).expect(card);
        rate(&Case { brief: &brief, card }, account)
    }

    /// Scores by the calculators that FIRST publishes.
    #[test]
    fn vectors_and_scores_follow_from_where_the_input_enters() {
        let told = |rating: &Rating| -> Vec<String> {
            let each = rating.cvss.iter().map(|cvss| format!("{} {}", cvss.vector, cvss.score));
            each.collect()
        };
        let remote = rated("CWE-89", "http", true, false);
        assert_eq!(
            told(&remote),
            [
                "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H 9.8",
                "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N 9.3"
            ]
        );
        assert_eq!((remote.severity, remote.needs.len()), (Severity::Critical, 1));
        let local = rated("CWE-89", "cli", true, false);
        assert_eq!(told(&local)[0], "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H 8.4");
        assert_eq!(
            told(&local)[1],
            "CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N 8.6"
        );
        assert_eq!(local.severity, Severity::High);
        let page = rated("CWE-79", "http", true, false);
        assert_eq!(told(&page)[0], "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N 6.1");
        assert!(
            page.needs.iter().any(|need| need.contains("victim")),
            "{:?}",
            page.needs
        );
    }

    #[test]
    fn what_was_not_traced_and_an_account_make_it_less_bad_and_are_told() {
        let open = rated("CWE-89", "", false, false);
        assert!(
            open.cvss[0].vector.contains("/AC:H/") && open.cvss[1].vector.contains("/AT:P/"),
            "{open:?}"
        );
        assert_eq!(open.severity, Severity::High);
        assert!(open.needs[0].contains("not traced"), "{:?}", open.needs);
        assert_eq!(rated("CWE-89", "parameter", true, false).severity, Severity::High);
        let account = rated("CWE-89", "http", true, true);
        assert_eq!((account.cvss[0].score, account.severity), (8.8, Severity::High));
        assert!(
            account.needs.iter().any(|need| need.contains("account")),
            "{:?}",
            account.needs
        );
    }

    #[test]
    fn every_card_has_a_vector_whose_score_is_near_its_severity() {
        for card in cards::all() {
            let vector = card
                .cvss
                .as_deref()
                .unwrap_or_else(|| panic!("{} has no vector", card.id));
            let base = metrics(vector);
            assert!(scored(version_4(&base)).score <= 10.0);
            let score = scored(version_3(&base)).score;
            let apart = (band(score) as i32 - card.severity as i32).abs();
            assert!(apart <= 1, "{}: {score} is far from {:?}", card.id, card.severity);
        }
    }
}
