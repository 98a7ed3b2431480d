//! The small model inside the binary: it lets a first scan run on a machine that has no other.
//!
//! In: `models/novice/`, embedded when the program is built. Out: its manifest and its files.
//! Deliberately absent: trust; its bytes pass the same digests as any other model's.
//! Start at [`manifest`].

use std::sync::LazyLock;

use super::bytes::Bytes;
use super::manifest::Manifest;

/// Its name, which no imported model may take.
pub(super) const NAME: &str = "novice";

const MANIFEST: &str = include_str!("../../models/novice/manifest.toml");

/// Gives embedded bytes the alignment that the start of a mapped file has.
#[repr(C, align(64))]
struct Aligned<B: ?Sized>(B);

static MODEL: &Aligned<[u8]> = &Aligned(*include_bytes!("../../models/novice/model.gguf"));
static TOKENIZER: &[u8] = include_bytes!("../../models/novice/tokenizer.json");

static PARSED: LazyLock<Manifest> = LazyLock::new(|| {
    Manifest::parse(MANIFEST, "of the starter model").expect("the embedded manifest parses, checked by a test")
});

/// Who it is and what its files must hash to.
pub(super) fn manifest() -> &'static Manifest {
    &PARSED
}

/// One of its files.
pub(super) fn file(name: &str) -> Option<Bytes> {
    match name {
        "model.gguf" => Some(Bytes::Static(&MODEL.0)),
        "tokenizer.json" => Some(Bytes::Static(TOKENIZER)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Registry, Tokenizer, Weights};

    #[test]
    fn the_embedded_model_passes_its_digests_and_parses() {
        let registry = Registry::at("/nowhere/at/all");
        let located = registry.resolve(None).unwrap();
        assert!(located.manifest().starter && located.files().is_empty());
        assert_eq!(registry.list().unwrap(), [located.manifest().clone()]);
        let verified = located.open().unwrap();
        let weights = Weights::of(&verified).unwrap();
        assert_eq!(weights.hyper().family, located.manifest().family);
        assert!(located.manifest().context <= weights.hyper().context);
        assert!(!Tokenizer::of(&verified, &weights).unwrap().stop.is_empty());
        assert_eq!(registry.verify("novice").unwrap().digest(), verified.digest());
    }
}
