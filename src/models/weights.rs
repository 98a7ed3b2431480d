//! One view over GGUF and safetensors: canonical tensor names, checked shapes, bytes in place.
//!
//! In: a [`Verified`] model. Out: [`Weights`]: hyper-parameters, and a view of each tensor.
//! Deliberately absent: copies, conversions, and tensors that the architecture does not use.
//! Start at [`Weights::of`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::bytes::Bytes;
use super::config;
use super::dtype::Dtype;
use super::fault::{damaged, quoted, refused};
use super::gguf::Gguf;
use super::hyper::Hyper;
use super::names::{Named, canonical, expected};
use super::parts::{CONFIG, Parts};
use super::safetensors;
use super::verified::Verified;
use crate::problem::{Exit, Fatal};

/// A model's tensors and hyper-parameters. Cheap to clone and to share; nothing is copied.
///
/// Names are GGUF's: `token_embd.weight`, `output_norm.weight`, `output.weight` (absent when tied), and per block
/// `blk.N.` + `attn_norm.weight`, `attn_q.weight`, `attn_k.weight`, `attn_v.weight`, `attn_output.weight`,
/// `attn_{q,k,v,output}.bias`, `attn_{q,k}_norm.weight`, `ffn_norm.weight`, `ffn_gate.weight`, `ffn_up.weight`,
/// `ffn_down.weight`, and what `names` adds for the families that have more.
#[derive(Debug, Clone)]
pub struct Weights {
    hyper: Hyper,
    tensors: Arc<BTreeMap<String, Place>>,
    gguf: Option<Arc<Gguf>>,
}

/// One tensor in the file.
#[derive(Debug, Clone, Copy)]
pub struct TensorView<'a> {
    pub dtype: Dtype,
    /// Outermost first, row-major: `[rows, columns]`, as candle and safetensors have it (GGUF stores the reverse).
    pub shape: &'a [usize],
    /// Little-endian, exactly `dtype.bytes_of(shape)` long. **No alignment is promised**.
    pub bytes: &'a [u8],
}

/// Where a tensor lies, whichever format it came from.
#[derive(Debug)]
struct Place {
    file: Bytes,
    name: String,
    /// An unknown type keeps its name for the error.
    dtype: Result<Dtype, String>,
    shape: Vec<usize>,
    range: Range<usize>,
}

impl<'a> TensorView<'a> {
    /// Matrix `index` of a stack `[count, rows, columns]`, shaped as `shape`, which is the stack's last two.
    #[must_use]
    pub fn plane(&self, index: usize) -> TensorView<'a> {
        let size = self.bytes.len() / self.shape[0];
        TensorView {
            dtype: self.dtype,
            shape: &self.shape[1..],
            bytes: &self.bytes[index * size..][..size],
        }
    }

    /// Bytes of the rows `rows` of a matrix.
    #[must_use]
    pub fn rows(&self, rows: Range<usize>) -> &'a [u8] {
        let size = self.bytes.len() / self.shape[0];
        &self.bytes[rows.start * size..rows.end * size]
    }
}

impl Weights {
    /// Parses headers and checks that every tensor the architecture needs is there, with the right shape and a
    /// supported type, and that there are no others.
    pub fn of(verified: &Verified) -> Result<Self, Fatal> {
        Self::of_files(verified.files())
    }

    /// The same for files whose digests are about to be pinned.
    pub(super) fn of_files(files: &BTreeMap<String, Bytes>) -> Result<Self, Fatal> {
        let names = files.keys().cloned().collect::<BTreeSet<_>>();
        let parts = Parts::of(&names, |name| Ok(file(files, name)?.to_vec()))?;
        match parts {
            Parts::Gguf(name) => Self::of_gguf(Gguf::parse(&name, file(files, &name)?.clone())?),
            Parts::Safetensors(shards) => Self::of_safetensors(files, &shards),
        }
    }

    pub(super) fn of_gguf(gguf: Gguf) -> Result<Self, Fatal> {
        let hyper = gguf.hyper()?;
        let place = |tensor: &super::gguf::Tensor| Place {
            file: gguf.bytes().clone(),
            name: gguf.file().to_owned(),
            dtype: Ok(tensor.dtype),
            shape: tensor.shape.clone(),
            range: tensor.range.clone(),
        };
        let listed = gguf.tensors().iter();
        let tensors = listed
            .filter_map(|(name, tensor)| Some((gguf.canonical(&hyper, name)?, place(tensor))))
            .collect();
        check(gguf.file(), &hyper, &tensors)?;
        Ok(Self {
            hyper,
            tensors: Arc::new(tensors),
            gguf: Some(Arc::new(gguf)),
        })
    }

    fn of_safetensors(files: &BTreeMap<String, Bytes>, shards: &[String]) -> Result<Self, Fatal> {
        let config = config::Source::parse(file(files, CONFIG)?)?;
        let mut tensors = BTreeMap::new();
        for shard in shards {
            collect(&mut tensors, shard, file(files, shard)?, &config)?;
        }
        let hyper = config.hyper(&tensors.keys().cloned().collect())?;
        if hyper.tied {
            // Some exporters write the tied head out as well; config.json says that it is the embedding.
            tensors.remove("output.weight");
        }
        check(shards.first().map_or("", String::as_str), &hyper, &tensors)?;
        Ok(Self {
            hyper,
            tensors: Arc::new(tensors),
            gguf: None,
        })
    }

    #[must_use]
    pub fn hyper(&self) -> &Hyper {
        &self.hyper
    }

    /// Bytes of all tensors as they lie in the file.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.tensors.values().map(|place| place.range.len() as u64).sum()
    }

    /// The tensor of that canonical name. An absent one is a mistake of the caller's, told as [`Fatal`].
    pub fn tensor(&self, name: &str) -> Result<TensorView<'_>, Fatal> {
        let missing = || {
            let what = format!(
                "the tensor {} was asked for, but the model has none of that name",
                quoted(name)
            );
            Fatal::new(
                Exit::Usage,
                what,
                "this is a fault of the program; report it with the model's name",
            )
        };
        let place = self.tensors.get(name).ok_or_else(missing)?;
        let dtype = *place.dtype.as_ref().map_err(|_| missing())?;
        Ok(TensorView {
            dtype,
            shape: &place.shape,
            bytes: &place.file[place.range.clone()],
        })
    }

    /// The tensor of that name has been copied: its pages may leave memory until someone reads it again.
    pub fn give_back(&self, name: &str) -> Result<(), Fatal> {
        self.tensor(name)?;
        if let Some(place) = self.tensors.get(name) {
            place.file.give_back(place.range.clone());
        }
        Ok(())
    }

    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Canonical names, sorted as text.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    pub(super) fn gguf(&self) -> Option<&Gguf> {
        self.gguf.as_deref()
    }
}

/// A file that the model must have.
pub(super) fn file<'a>(files: &'a BTreeMap<String, Bytes>, name: &str) -> Result<&'a Bytes, Fatal> {
    files.get(name).ok_or_else(|| {
        let what = format!("the model's file {} is missing", quoted(name));
        Fatal::new(
            Exit::Usage,
            what,
            "fetch the whole model into one folder and import that folder",
        )
    })
}

fn collect(
    tensors: &mut BTreeMap<String, Place>,
    shard: &str,
    bytes: &Bytes,
    config: &config::Source,
) -> Result<(), Fatal> {
    for (name, tensor) in safetensors::parse(shard, bytes, bytes.file_length())? {
        let ours = match canonical(config.family(), config.layers(), &name) {
            Named::Tensor(ours) => ours,
            Named::Redundant => continue,
            Named::Unknown => return Err(stranger(shard, &name)),
        };
        let place = Place {
            file: bytes.clone(),
            name: shard.to_owned(),
            dtype: tensor.dtype,
            shape: tensor.shape,
            range: tensor.range,
        };
        if tensors.insert(ours, place).is_some() {
            return Err(damaged(
                shard,
                format!("the tensor {} stands in two shards", quoted(&name)),
            ));
        }
    }
    Ok(())
}

fn stranger(file: &str, tensor: &str) -> Fatal {
    let cause = format!("the tensor {} has no place in this architecture", quoted(tensor));
    refused(
        file,
        cause,
        "choose an unmodified model of a supported family; adapters must be merged first",
    )
}

/// Compares what is there with what the hyper-parameters ask for.
fn check(file: &str, hyper: &Hyper, tensors: &BTreeMap<String, Place>) -> Result<(), Fatal> {
    let wanted = expected(hyper).into_iter().collect::<BTreeMap<_, _>>();
    for (name, shape) in &wanted {
        let place = tensors
            .get(name)
            .ok_or_else(|| damaged(file, format!("the tensor {} is missing", quoted(name))))?;
        if place.shape != *shape {
            let cause = format!(
                "the tensor {} has the shape {:?}, not {shape:?}",
                quoted(name),
                place.shape
            );
            return Err(damaged(&place.name, cause));
        }
        check_type(name, place)?;
    }
    match tensors.iter().find(|(name, _)| !wanted.contains_key(*name)) {
        Some((name, place)) => Err(stranger(&place.name, name)),
        None => Ok(()),
    }
}

fn check_type(name: &str, place: &Place) -> Result<(), Fatal> {
    // Norms and biases are added and multiplied value by value; nobody quantises them.
    let vector = place.shape.len() == 1 || name.ends_with(".bias");
    let raw = name.ends_with(".blocks") || name.ends_with(".scales");
    let plain = |dtype: Dtype| matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16);
    let accepted = |dtype: Dtype| {
        if raw {
            dtype == Dtype::I8
        } else if vector {
            plain(dtype)
        } else {
            Dtype::SUPPORTED.contains(&dtype)
        }
    };
    let type_name = match &place.dtype {
        Ok(dtype) if accepted(*dtype) => return Ok(()),
        Ok(dtype) => dtype.name(),
        Err(name) => name,
    };
    let cause = format!(
        "the tensor {} is of type {}, which is not supported",
        quoted(name),
        quoted(type_name)
    );
    let help = format!(
        "choose a file whose tensors are of these types: {}",
        Dtype::supported_names()
    );
    Err(refused(&place.name, cause, &help))
}
