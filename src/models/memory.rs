//! Will it fit? The sum is made, and compared with what the machine has, before anything is loaded.
//!
//! In: hyper-parameters, the size of the weights, and what the engine intends to hold. Out: a [`MemoryPlan`] in bytes.
//! Deliberately absent: GPU memory; limits of cgroup v1.
//! Start at [`plan`].

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::hyper::Hyper;
use crate::problem::{Exit, Fatal};

/// What the engine intends to hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Tokens whose keys and values are kept, over all sequences (shared ones once).
    pub kv_tokens: usize,
    /// Bytes per stored key or value: 4 for f32, 2 for f16.
    pub kv_value_bytes: usize,
    /// Most tokens in one forward pass.
    pub rows: usize,
    /// Of those, rows whose logits are wanted.
    pub logit_rows: usize,
    /// Bytes by which the weights held differ from the file's own: more where they are widened, fewer where narrowed.
    pub extra_weight_bytes: i64,
}

/// Bytes, by purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryPlan {
    pub weights: u64,
    pub kv: u64,
    pub activations: u64,
    pub total: u64,
}

/// Adds up what `load` needs for weights of `weight_bytes` in the file.
///
/// Activations are f32 and live for one layer: residual, normed and output rows of `hidden`; q and the attention
/// result of `heads * head_dim`; k and v; gate, up and their product of `feed_forward`; then logits and their softmax.
pub fn plan(hyper: &Hyper, weight_bytes: u64, load: &Load) -> Result<MemoryPlan, Fatal> {
    let total = add_up(hyper, weight_bytes, load);
    total.ok_or_else(|| {
        let what = format!("the memory for {} tokens of context overflows 64 bits", load.kv_tokens);
        Fatal::new(Exit::Usage, what, "ask for a shorter context")
    })
}

fn add_up(hyper: &Hyper, weight_bytes: u64, load: &Load) -> Option<MemoryPlan> {
    let wide = |value: usize| value as u64;
    let product = |factors: &[u64]| {
        factors
            .iter()
            .try_fold(1u64, |product, factor| product.checked_mul(*factor))
    };
    let (heads, width) = hyper.kept();
    let keys = product(&[wide(heads), wide(width)])?;
    let queries = product(&[wide(hyper.heads), wide(width)])?;
    // Rows of one expert at a time: at worst all rows go through the same one.
    let of_experts = hyper
        .experts
        .map_or(0, |e| e.feed_forward.max(e.shared) + 2 * hyper.hidden);
    let feed = wide(hyper.feed_forward.max(of_experts));
    let kv = product(&[
        2,
        wide(hyper.layers),
        keys,
        wide(load.kv_tokens),
        wide(load.kv_value_bytes),
    ])?;
    let per_row = 3 * wide(hyper.hidden) + 2 * queries + 2 * keys + 3 * feed;
    let rows = product(&[4, per_row, wide(load.rows)])?;
    let logits = product(&[4, 2, wide(hyper.vocab), wide(load.logit_rows)])?;
    let weights = weight_bytes.checked_add_signed(load.extra_weight_bytes)?;
    let activations = rows.checked_add(logits)?;
    let total = weights.checked_add(kv)?.checked_add(activations)?;
    Some(MemoryPlan {
        weights,
        kv,
        activations,
        total,
    })
}

/// An error with the numbers when `plan` is more than `available` bytes.
pub fn refuse_if_too_large(plan: &MemoryPlan, available: u64) -> Result<(), Fatal> {
    if plan.total <= available {
        return Ok(());
    }
    let what = format!(
        "the model needs {}, but {} are available",
        size(plan.total),
        size(available)
    );
    let cause = format!(
        "weights take {}, keys and values {}, activations {}",
        size(plan.weights),
        size(plan.kv),
        size(plan.activations)
    );
    let help = "choose a smaller model or a stronger quantisation, shorten the context, or free memory";
    Err(Fatal::new(Exit::Usage, what, help).because(cause))
}

/// `3.4 GiB`.
fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = "bytes";
    for next in units {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit == "bytes" {
        format!("{bytes} bytes")
    } else {
        format!("{value:.1} {unit}")
    }
}

/// Bytes this process may still use: MemAvailable, or less where a cgroup (v2) says so. Reads /proc and /sys, so call
/// it before sealing.
pub fn available_bytes() -> Result<u64, Fatal> {
    let meminfo = fs::read_to_string("/proc/meminfo").map_err(|error| {
        Fatal::new(
            Exit::Usage,
            "the free memory cannot be read",
            "mount /proc, or state a memory limit",
        )
        .because(error)
    })?;
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let group = groups.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    available(&meminfo, &limits(Path::new("/sys/fs/cgroup"), group)).ok_or_else(|| {
        Fatal::new(
            Exit::Usage,
            "/proc/meminfo does not state MemAvailable",
            "state a memory limit",
        )
    })
}

/// A cgroup's ceiling and what counts against it, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    most: u64,
    used: u64,
    /// Part of `used` that the kernel drops when asked: clean page cache.
    reclaimable: u64,
}

/// Limits of `group` and every group above it; a group without a limit, or that cannot be read, has none.
fn limits(mount: &Path, group: &str) -> Vec<Limit> {
    let inner = mount.join(group.trim_start_matches('/'));
    let within = inner.ancestors().take_while(|folder| folder.starts_with(mount));
    within.filter_map(limit).collect()
}

fn limit(folder: &Path) -> Option<Limit> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let most = read("memory.max")?.trim().parse().ok()?; // `max` is no number and no limit.
    let used = read("memory.current")?.trim().parse().ok()?;
    let stat = read("memory.stat").unwrap_or_default();
    let cache = stat
        .lines()
        .find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse().ok());
    Some(Limit {
        most,
        used,
        reclaimable: cache.unwrap_or(0),
    })
}

fn available(meminfo: &str, limits: &[Limit]) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    let free = |limit: &Limit| limit.most.saturating_sub(limit.used.saturating_sub(limit.reclaimable));
    let least = limits.iter().map(free).min().unwrap_or(u64::MAX);
    Some(kibibytes.checked_mul(1024)?.min(least))
}

#[cfg(test)]
mod tests {
    use super::super::gguf::forge::tiny_hyper;
    use super::super::hyper::Family;
    use super::*;

    const LOAD: Load = Load {
        kv_tokens: 100,
        kv_value_bytes: 2,
        rows: 10,
        logit_rows: 4,
        extra_weight_bytes: 500,
    };

    #[test]
    fn the_plan_is_the_sum_of_its_parts() {
        let plan = plan(&tiny_hyper(Family::Llama), 1000, &LOAD).unwrap();
        assert_eq!(plan.weights, 1500);
        assert_eq!(plan.kv, 2 * 2 * (2 * 8) * 100 * 2);
        assert_eq!(
            plan.activations,
            4 * 10 * (3 * 32 + 2 * 32 + 2 * 16 + 3 * 64) + 4 * 2 * 48 * 4
        );
        assert_eq!(plan.total, plan.weights + plan.kv + plan.activations);
    }

    #[test]
    fn a_plan_beyond_memory_is_refused_with_the_numbers() {
        let plan = MemoryPlan {
            weights: 3 << 30,
            kv: 1 << 30,
            activations: 1 << 20,
            total: (4 << 30) + (1 << 20),
        };
        assert!(refuse_if_too_large(&plan, plan.total).is_ok());
        let message = refuse_if_too_large(&plan, 2 << 30).unwrap_err().to_string();
        for words in ["4.0 GiB", "2.0 GiB", "weights take 3.0 GiB", "1.0 MiB"] {
            assert!(message.contains(words), "{words}: {message}");
        }
    }

    #[test]
    fn absurd_contexts_are_refused_instead_of_wrapping() {
        let load = Load {
            kv_tokens: usize::MAX,
            ..LOAD
        };
        assert!(
            plan(&tiny_hyper(Family::Llama), 1000, &load)
                .unwrap_err()
                .to_string()
                .contains("overflows")
        );
    }

    #[test]
    fn the_tightest_of_machine_and_groups_decides() {
        let meminfo = "MemTotal:  100 kB\nMemAvailable:      64 kB\n";
        let loose = Limit {
            most: 1 << 30,
            used: 0,
            reclaimable: 0,
        };
        let tight = Limit {
            most: 5000,
            used: 4000,
            reclaimable: 1500,
        };
        assert_eq!(available(meminfo, &[]), Some(65536));
        assert_eq!(available(meminfo, &[loose]), Some(65536));
        assert_eq!(available(meminfo, &[loose, tight]), Some(2500));
        assert_eq!(available(meminfo, &[Limit { used: 9000, ..tight }]), Some(0));
        assert_eq!(available("MemTotal: 1 kB", &[]), None);
    }

    #[test]
    fn group_limits_are_read_from_the_group_and_those_above_it() {
        let mount = tempfile::tempdir().unwrap();
        let inner = mount.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        for (folder, most) in [(inner.clone(), "max\n"), (mount.path().join("a"), "5000\n")] {
            fs::write(folder.join("memory.max"), most).unwrap();
            fs::write(folder.join("memory.current"), "4000\n").unwrap();
            fs::write(folder.join("memory.stat"), "anon 1\ninactive_file 1500\n").unwrap();
        }
        assert_eq!(
            limits(mount.path(), "/a/b"),
            [Limit {
                most: 5000,
                used: 4000,
                reclaimable: 1500
            }]
        );
    }
}
