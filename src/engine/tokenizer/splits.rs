//! How a byte-level vocabulary cuts text before merging: the name in a GGUF file in, patterns out.
//!
//! The wrong pattern still gives tokens, only worse ones, so nothing is guessed: a name that is not in the table is an
//! error. Patterns are those of the models' published tokenizer.json files.
//! Deliberately absent: names whose split we have not compared with llama.cpp's. Start at [`of`].

/// One way to cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    /// Applied one after the other, each to what the ones before left whole.
    pub(super) patterns: &'static [&'static str],
    /// A piece that is a token as it stands is taken without merging.
    pub(super) whole_words: bool,
    /// A normalisation before cutting.
    pub(super) normalizer: Option<&'static str>,
}

const fn plain(patterns: &'static [&'static str]) -> Split {
    Split {
        patterns,
        whole_words: false,
        normalizer: None,
    }
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const GPT4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const DEEPSEEK3: &str = r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##;

const SEED_CODER: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+";

const QWEN35: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Letters that have a case, as the first DeepSeek models list them, with a blank before.
const DEEPSEEK_LETTERS: &str = r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+";

/// Names in `tokenizer.ggml.pre` and what they mean.
const TABLE: &[(&[&str], Split)] = &[
    (&["gpt-2", "phi-2", "olmo", "mellum"], plain(&[GPT2])),
    (&["starcoder", "refact", "smollm"], plain(&[r"\p{N}", GPT2])),
    (
        &["llama-bpe", "llama3", "llama-v3", "falcon3", "lfm2", "pixtral"],
        Split {
            patterns: &[LLAMA3],
            whole_words: true,
            normalizer: None,
        },
    ),
    (&["smaug-bpe", "dbrx", "chatglm-bpe", "glm4", "glm5"], plain(&[LLAMA3])),
    (&["qwen35"], plain(&[QWEN35])),
    (
        &["qwen2", "deepseek-r1-qwen"],
        Split {
            patterns: &[QWEN2],
            whole_words: false,
            normalizer: Some("NFC"),
        },
    ),
    (
        &["tekken"],
        Split {
            patterns: &[TEKKEN],
            whole_words: true,
            normalizer: None,
        },
    ),
    (&["gpt-4o", "llama4"], plain(&[GPT4O])),
    (&["seed-coder"], plain(&[SEED_CODER])),
    (
        &["deepseek-v3"],
        plain(&[r"\p{N}{1,3}", r"[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK3]),
    ),
    (
        &["deepseek-llm"],
        plain(&[
            r"[\r\n]",
            DEEPSEEK_LETTERS,
            r"\s?[!-/:-~！-／：-～‘-‟　-。]+",
            r"\s+$",
            r"[一-龥ࠀ-一가-퟿]+",
            r"\p{N}+",
        ]),
    ),
    (
        &["deepseek-coder"],
        plain(&[r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", r"[一-龥ࠀ-一가-퟿]+", r"\p{N}"]),
    ),
];

/// The split called `name`; an error is a sentence.
pub(super) fn of(name: &str) -> Result<Split, String> {
    let known = TABLE
        .iter()
        .find(|(names, _)| names.contains(&name))
        .map(|(_, split)| *split);
    known.ok_or_else(|| {
        let names: Vec<&str> = TABLE.iter().flat_map(|(names, _)| names.iter().copied()).collect();
        let named = if name.is_empty() {
            "the file does not say".to_owned()
        } else {
            format!("`{name}` is not known here")
        };
        format!(
            "how it splits text (`tokenizer.ggml.pre`): {named}; put the model's tokenizer.json beside the GGUF file. \
             Known: {}",
            names.join(", ")
        )
    })
}
