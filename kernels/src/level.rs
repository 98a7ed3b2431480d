//! Which instruction set this machine offers: nothing in, a [`Level`] out.
//!
//! Deliberately absent: overrides by environment. Tests call each level themselves. Start at [`level`].

use std::sync::OnceLock;

/// Instruction sets for which the kernels are compiled, narrowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What the target guarantees: SSE2 on x86-64, NEON on aarch64.
    Base,
    /// AVX2 with FMA.
    Avx2,
    /// AVX-512 F, BW, DQ and VL.
    Avx512,
}

impl Level {
    /// Every level this machine can run, narrowest first.
    pub fn available() -> Vec<Level> {
        [Level::Base, Level::Avx2, Level::Avx512]
            .into_iter()
            .filter(|l| l.runs_here())
            .collect()
    }

    #[cfg(target_arch = "x86_64")]
    fn runs_here(self) -> bool {
        match self {
            Level::Base => true,
            Level::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            Level::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("fma")
            }
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn runs_here(self) -> bool {
        self == Level::Base
    }
}

/// The widest level this machine can run.
pub fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| Level::available().pop().unwrap_or(Level::Base))
}

/// Calls the function `$body`, generic over [`crate::lanes::Lanes`] and `#[inline(always)]`, compiled for `$level`.
macro_rules! dispatch {
    ($level:expr, $($body:ident)::+, ($($name:ident : $type:ty),* $(,)?)) => {{
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        #[allow(clippy::too_many_arguments)]
        fn avx2($($name: $type),*) {
            $($body)::+::<$crate::lanes::Avx2>($($name),*)
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
        #[allow(clippy::too_many_arguments)]
        fn avx512($($name: $type),*) {
            $($body)::+::<$crate::lanes::Avx512>($($name),*)
        }
        match $level {
            // SAFETY: a caller gets these levels only from `level()` or `Level::available()`, which asked the processor.
            #[cfg(target_arch = "x86_64")]
            $crate::level::Level::Avx512 => unsafe { avx512($($name),*) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            $crate::level::Level::Avx2 => unsafe { avx2($($name),*) },
            _ => $($body)::+::<$crate::lanes::Base>($($name),*),
        }
    }};
}
pub(crate) use dispatch;
