//! Where a result points: URIs and regions of SARIF → lines of the snapshot.
//!
//! In: a result with its run (for bases and artifacts). Out: the place, and the steps that lead there.
//! A tool may have run from another directory than this one: leading components that the tree does not have are dropped
//! until a file of that name is met, and `file:` addresses lose the root they stand under.
//! Deliberately absent: files outside of the snapshot. Start at [`Places::of`].

use serde_json::Value;

use crate::candidates::Lines;
use crate::source::Snapshot;

/// Most steps taken over from a flow.
const STEPS: usize = 12;
/// Deepest chain of bases that is followed.
const BASES: usize = 8;

pub(super) struct Places<'a> {
    pub snapshot: &'a Snapshot,
    /// The scanned directory, absolute.
    pub root: &'a str,
}

impl Places<'_> {
    /// The place of a result and what leads there, source first.
    pub fn of(&self, run: &Value, result: &Value) -> Result<(Lines, Vec<Lines>), String> {
        let (location, told) = told(run, result);
        if location.is_null() {
            return Err("it names no place in a file".to_owned());
        }
        let at = self.lines(run, location)?;
        let mut steps: Vec<Lines> = told.into_iter().filter_map(|step| self.lines(run, step).ok()).collect();
        steps.dedup();
        if steps.last() == Some(&at) {
            steps.pop();
        }
        if steps.len() > STEPS {
            // The ends tell more than the middle.
            steps.drain(STEPS / 2..steps.len() - STEPS / 2);
        }
        Ok((at, steps))
    }

    fn lines(&self, run: &Value, location: &Value) -> Result<Lines, String> {
        let artifact = &location["artifactLocation"];
        let listed = artifact["index"]
            .as_u64()
            .map(|at| &run["artifacts"][at as usize]["location"]);
        let uri = artifact["uri"]
            .as_str()
            .or_else(|| listed.and_then(|location| location["uri"].as_str()))
            .ok_or("its place names no file")?;
        let whole = based(run, artifact["uriBaseId"].as_str(), uri);
        let path = self
            .path(&whole)
            .ok_or_else(|| format!("{} is not among the files read", shown(uri)))?;
        let number = |name: &str| {
            location["region"][name]
                .as_u64()
                .and_then(|line| u32::try_from(line).ok())
        };
        let line = number("startLine")
            .filter(|line| *line > 0)
            .ok_or("its place names no line")?;
        let last = number("endLine").unwrap_or(line).max(line);
        // A region that ends before the first column of a line does not hold that line.
        let before = last > line && number("endColumn") == Some(1);
        Ok(Lines {
            path,
            line,
            last: if before { last - 1 } else { last },
        })
    }

    fn path(&self, uri: &str) -> Option<String> {
        let plain = decoded(uri);
        let plain = plain.strip_prefix("file://").unwrap_or(&plain).replace('\\', "/");
        let below = plain.strip_prefix(self.root).unwrap_or(&plain);
        let mut rest = below.trim_start_matches('/');
        while let Some(stripped) = rest.strip_prefix("./") {
            rest = stripped;
        }
        let mut dropped = "";
        loop {
            // A bare name is met in many folders: it counts only right below the directory that was scanned.
            let told = rest.contains('/') || dropped.is_empty() || self.root.ends_with(&format!("/{dropped}"));
            if let Some(file) = self.snapshot.by_path(rest).filter(|_| told) {
                return Some(file.path.to_string());
            }
            (dropped, rest) = rest.split_once('/')?;
        }
    }
}

/// Where the result is, and where the tool says that it comes from.
fn told<'v>(run: &'v Value, result: &'v Value) -> (&'v Value, Vec<&'v Value>) {
    let list = |value: &'v Value| value.as_array().map_or(&[][..], Vec::as_slice);
    let locations = list(&result["locations"]);
    // Cppcheck has no flows: it lists the steps as further locations, the place itself last.
    if run["tool"]["driver"]["name"] == "Cppcheck"
        && let [steps @ .., place] = locations
    {
        let steps = steps.iter().map(|step| &step["physicalLocation"]);
        return (&place["physicalLocation"], steps.collect());
    }
    let steps = list(&result["codeFlows"][0]["threadFlows"][0]["locations"]).iter();
    let steps = steps.map(|step| {
        // A step may refer to a list of the run (3.38.2) instead of standing here.
        let step = match step["index"].as_u64() {
            Some(listed) => &run["threadFlowLocations"][listed as usize],
            None => step,
        };
        &step["location"]["physicalLocation"]
    });
    (&result["locations"][0]["physicalLocation"], steps.collect())
}

/// The URI below its base, if the run tells where that is (3.14.14); bases may have bases.
fn based(run: &Value, base: Option<&str>, uri: &str) -> String {
    let (mut whole, mut base) = (uri.to_owned(), base);
    for _ in 0..BASES {
        let Some(next) = base.map(|base| &run["originalUriBaseIds"][base]) else {
            break;
        };
        whole = format!("{}{whole}", next["uri"].as_str().unwrap_or_default());
        base = next["uriBaseId"].as_str();
    }
    whole
}

/// Percent-encoding undone; what is not UTF-8 afterwards names no file of a snapshot.
fn decoded(uri: &str) -> String {
    let bytes = uri.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        match hex
            .filter(|_| bytes[at] == b'%')
            .and_then(|two| u8::from_str_radix(two, 16).ok())
        {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn shown(uri: &str) -> String {
    uri.chars().filter(|c| !c.is_control()).take(120).collect()
}
