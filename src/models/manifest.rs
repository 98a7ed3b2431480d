//! What is pinned about one model, and what is known about one family: TOML in, structs out.
//!
//! In: the text of a manifest. Out: [`Manifest`].
//! Deliberately absent: signatures (bundles carry those) and anything measured at run time.
//! Start at [`Manifest::parse`].
//!
//! A model's manifest, as it lies in the store next to its files, and in the binary for the starter model:
//! ```toml
//! name = "novice"                  # lower-case letters, digits, `.`, `-`, `_`; at most 64
//! family = "llama"                 # llama | mistral | qwen2 | qwen3
//! profile = "compact"              # chat | compact
//! context = 2048                   # tokens; at most what the weights were trained for
//! licence = "Apache-2.0"
//! source = "trained by this project from scratch; see report.md"
//! starter = true                   # only the model inside the binary; defaults to false
//!
//! languages = ["c", "java"]        # those its verdicts are worth something in; absent or empty: all
//!
//! [calibration]                    # optional; fitted on labelled code, see [`Calibration`]
//! detect = { slope = 0.4, shift = 0.8 }   # applied to the log-odds of a claim
//! verify = { slope = 0.5, shift = 0.3 }   # applied to the log-odds of "stands"
//!
//! [memory]                         # optional
//! sequences = 16                   # how many sequences are decoded side by side
//! rows = 512                       # most tokens in one forward pass
//!
//! [[files]]                        # every file the model is made of, sorted by name
//! name = "model.gguf"              # one path component
//! bytes = 12345
//! sha256 = "64 lower-case hex digits"
//!
//! [[files]]
//! name = "tokenizer.json"
//! bytes = 678
//! sha256 = "…"
//! ```
//! `sha256sum` and `stat -c %s` give the two numbers to whoever writes one by hand.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::fault::quoted;
use super::hyper::Family;
use super::parts::plain_name;
use crate::problem::{Exit, Fatal};

/// How a model wants to be spoken to; the engine's `Profile` says it in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Instruction-following, with its own chat template.
    Chat,
    /// Trained by this project on a terse form, no template.
    Compact,
}

/// One model: who it is and the digests that pin it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub name: String,
    pub family: Family,
    pub profile: Profile,
    /// Working context in tokens.
    pub context: usize,
    pub licence: String,
    /// Where the files came from, in words.
    pub source: String,
    /// True for the model inside the binary.
    #[serde(default)]
    pub starter: bool,
    /// Languages in which its word counts against a candidate; none means all.
    #[serde(default)]
    pub languages: Vec<String>,
    #[serde(default)]
    pub calibration: Calibration,
    #[serde(default)]
    pub memory: MemoryHints,
    pub files: Vec<PinnedFile>,
}

/// What a model's verdicts are off by on average, found on labelled code that it was not trained on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calibration {
    /// Of "vulnerable" in the detector's verdict.
    pub detect: Platt,
    /// Of "stands" in the verifier's.
    pub verify: Platt,
}

/// Platt scaling: what a verdict's log-odds are multiplied by, and what is added then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platt {
    pub slope: Thousandths,
    pub shift: Thousandths,
}

impl Default for Platt {
    fn default() -> Self {
        Self {
            slope: Thousandths(1000),
            shift: Thousandths(0),
        }
    }
}

/// A number in thousandths, so that what is recorded is compared and hashed exactly. Written as a decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Thousandths(i32);

impl Thousandths {
    #[must_use]
    pub fn new(number: i32) -> Self {
        Self(number)
    }
}

impl From<Thousandths> for f64 {
    fn from(number: Thousandths) -> Self {
        Self::from(number.0) / 1000.0
    }
}

impl TryFrom<f64> for Thousandths {
    type Error = String;

    fn try_from(number: f64) -> Result<Self, String> {
        if number.abs() <= 20.0 {
            return Ok(Self((number * 1000.0).round() as i32));
        }
        Err(format!("a calibration is {number}; -20 to 20 is accepted"))
    }
}

/// How much the engine should do at once; the memory plan follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryHints {
    /// Sequences decoded side by side.
    pub sequences: usize,
    /// Most tokens in one forward pass.
    pub rows: usize,
}

impl Default for MemoryHints {
    fn default() -> Self {
        Self {
            sequences: 8,
            rows: 512,
        }
    }
}

/// One file and what it must hash to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedFile {
    pub name: String,
    pub bytes: u64,
    /// Lower-case hex.
    pub sha256: String,
}

/// Longest manifest, in bytes.
const TEXT_CAP: usize = 1 << 20;
/// Most files of one model.
const FILE_CAP: usize = 2048;

impl Manifest {
    /// Reads a manifest; an error names the line and the field. `place` is where it lies, for the error.
    pub fn parse(text: &str, place: &str) -> Result<Self, Fatal> {
        let parsed = if text.len() > TEXT_CAP {
            Err(format!("it has {} bytes; at most {TEXT_CAP} are accepted", text.len()))
        } else {
            toml::from_str::<Self>(text).map_err(|error| error.to_string())
        };
        let checked = parsed.and_then(|manifest| manifest.check().map(|()| manifest));
        checked.map_err(|cause| {
            let what = format!("the model manifest {place} cannot be used");
            Fatal::new(Exit::Integrity, what, "remove the model and import it again").because(cause)
        })
    }

    /// The TOML that [`Self::parse`] reads.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a manifest is plain data with string keys")
    }

    /// Identity of the model: SHA-256 over its files' `sha256  name` lines, sorted by name; lower-case hex.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut files = self.files.iter().collect::<Vec<_>>();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let lines = files
            .iter()
            .map(|file| format!("{}  {}\n", file.sha256, file.name))
            .collect::<String>();
        hex(&Sha256::digest(lines.as_bytes()))
    }

    fn check(&self) -> Result<(), String> {
        check_name(&self.name)?;
        if !(1..=1 << 28).contains(&self.context) {
            return Err(format!("context is {}; 1 to {} is accepted", self.context, 1 << 28));
        }
        if !(1..=4096).contains(&self.memory.sequences) || !(1..=65_536).contains(&self.memory.rows) {
            return Err("memory.sequences takes 1 to 4096, memory.rows 1 to 65536".into());
        }
        if self.files.is_empty() || self.files.len() > FILE_CAP {
            return Err(format!(
                "it pins {} files; 1 to {FILE_CAP} are accepted",
                self.files.len()
            ));
        }
        let mut seen = BTreeSet::new();
        for file in &self.files {
            let digits = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            if !plain_name(&file.name) || !seen.insert(&file.name) {
                return Err(format!(
                    "the file name {} is not plain, or stands twice",
                    quoted(&file.name)
                ));
            }
            if file.sha256.len() != 64 || !file.sha256.chars().all(digits) {
                return Err(format!(
                    "the sha256 of {} is not 64 lower-case hex digits",
                    quoted(&file.name)
                ));
            }
        }
        Ok(())
    }
}

/// Refuses a model's name that could be anything but one folder of the store.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    let first = name
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if first && name.len() <= 64 && name.chars().all(plain) {
        return Ok(());
    }
    Err(format!(
        "the name {} is not 1 to 64 lower-case letters, digits, `.`, `-` and `_`",
        quoted(name)
    ))
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        name = "x"
        family = "llama"
        profile = "compact"
        context = 2048
        licence = "Apache-2.0"
        source = "made here"
        [[files]]
        name = "model.gguf"
        bytes = 3
        sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    "#;

    #[test]
    fn a_manifest_survives_writing_and_reading() {
        let mut manifest = Manifest::parse(TEXT, "here").unwrap();
        assert_eq!(manifest.memory, MemoryHints::default());
        assert_eq!(manifest.calibration, Calibration::default());
        manifest.calibration.verify.shift = Thousandths::new(-1250);
        assert_eq!(Manifest::parse(&manifest.to_toml(), "here").unwrap(), manifest);
    }

    #[test]
    fn the_digest_is_that_of_the_checksum_list_whatever_its_order() {
        let mut manifest = Manifest::parse(TEXT, "here").unwrap();
        let line = format!("{}  model.gguf\n", manifest.files[0].sha256);
        assert_eq!(manifest.digest(), hex(&Sha256::digest(line)));
        manifest.files.push(PinnedFile {
            name: "a".into(),
            bytes: 0,
            sha256: "0".repeat(64),
        });
        let digest = manifest.digest();
        manifest.files.reverse();
        assert_eq!(manifest.digest(), digest);
    }

    #[test]
    fn manifests_that_could_lead_elsewhere_are_refused() {
        for (from, to, words) in [
            ("\"x\"", "\"../x\"", "`../x`"),
            ("\"x\"", "\"\"", "the name"),
            ("model.gguf", "../model.gguf", "not plain"),
            ("model.gguf", "/etc/passwd", "not plain"),
            ("ba7816", "BA7816", "lower-case hex"),
            ("2048", "0", "context is 0"),
            ("llama", "mamba", "mamba"),
            ("licence", "license", "license"),
            (
                "[[files]]",
                "[calibration.detect]\nslope = 1\nshift = 21\n[[files]]",
                "-20 to 20",
            ),
        ] {
            let error = Manifest::parse(&TEXT.replacen(from, to, 1), "here").unwrap_err();
            assert!(
                error.exit == Exit::Integrity && error.to_string().contains(words),
                "{to}: {error}"
            );
        }
    }
}
