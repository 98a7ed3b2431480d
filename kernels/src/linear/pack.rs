//! Weights as the kernel reads them: ggml's rows in, panels of 32 columns out.
//!
//! A panel is one run of memory, read from front to back. Per group of 32 inputs: a line of scales, then the codes of 16
//! columns and those of the other 16. The K types have the scales of their blocks in front of every eight groups.
//! Byte `4c + i` of a line of codes belongs to column c and input i of a *quad*, four neighbouring inputs; line l of
//! four-bit codes holds quad l below and quad l + 4 above. Fifth bits: one line, bit q for quad q. Fifth and sixth:
//! two lines, of quads 0 to 3 and 4 to 7, two bits each.
//! Deliberately absent: the file's bytes; nothing of them is kept. Start at [`Packed::new`].

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};

use super::blocks::{EIGHT, GROUP, Group, Kind};
use super::dots::Line;
use crate::crew::{Base, Crew};

/// Columns of one panel.
pub(super) const PANEL: usize = 32;
/// Columns that share a line of codes.
const SIDE: usize = 16;
/// What the system calls a huge page; memory that is read from end to end wants as few of them as possible.
const HUGE: usize = 2 << 20;

/// A matrix `[n, k]`, in panels.
#[derive(Debug)]
pub struct Packed {
    pub(super) kind: Kind,
    pub(super) n: usize,
    pub(super) k: usize,
    lines: Lines,
    /// Lines of one panel.
    stride: usize,
}

impl Kind {
    /// Lines before every eight groups.
    pub(super) const fn head(self) -> usize {
        match self {
            Kind::Q4_0 | Kind::Q5_0 | Kind::Q8_0 => 0,
            Kind::Q6K => 1,
            Kind::Q4K | Kind::Q5K => 2,
        }
    }

    /// Lines of codes per group and sixteen columns.
    pub(super) const fn lines(self) -> usize {
        match self {
            Kind::Q4_0 | Kind::Q4K => 4,
            Kind::Q5_0 | Kind::Q5K => 5,
            Kind::Q6K => 6,
            Kind::Q8_0 => 8,
        }
    }

    /// Lines of one group.
    pub(super) const fn group_lines(self) -> usize {
        1 + 2 * self.lines()
    }
}

impl Packed {
    /// Packs `n` rows of `k` weights; None unless `rows` holds exactly whole blocks of them.
    pub fn new(crew: &Crew, kind: Kind, rows: &[u8], n: usize, k: usize) -> Option<Self> {
        let row = k / kind.inputs() * kind.bytes();
        if k == 0 || !k.is_multiple_of(kind.inputs()) || rows.len() != n.checked_mul(row)? {
            return None;
        }
        let groups = k / GROUP;
        let stride = groups * kind.group_lines() + groups / EIGHT * kind.head();
        let panels = n.div_ceil(PANEL);
        let lines = Lines::new(panels.checked_mul(stride)?);
        let base = Base(lines.start);
        crew.run(panels, |panel| {
            for group in 0..groups {
                let columns: [Option<Group>; PANEL] = std::array::from_fn(|c| {
                    let j = panel * PANEL + c;
                    (j < n).then(|| kind.group(&rows[j * row..][..row], group))
                });
                let at = panel * stride + kind.place(group);
                if group % EIGHT == 0 {
                    for (i, line) in heads(kind, &columns).iter().enumerate().take(kind.head()) {
                        // SAFETY: the lines before a group, inside the panel's own.
                        unsafe { base.at(at - kind.head() + i).write(*line) };
                    }
                }
                let (written, count) = lay(kind, &columns);
                for (i, line) in written[..count].iter().enumerate() {
                    // SAFETY: the lines of a group, inside the panel's own.
                    unsafe { base.at(at + i).write(*line) };
                }
            }
        });
        Some(Self {
            kind,
            n,
            k,
            lines,
            stride,
        })
    }

    /// Output columns.
    pub fn columns(&self) -> usize {
        self.n
    }

    /// Input width.
    pub fn depth(&self) -> usize {
        self.k
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.lines.count * size_of::<Line>()
    }

    pub(super) fn panels(&self) -> usize {
        self.n.div_ceil(PANEL)
    }

    pub(super) fn panel(&self, index: usize) -> &[Line] {
        &self.lines.all()[index * self.stride..][..self.stride]
    }
}

impl Kind {
    /// The line at which a group of a panel starts.
    pub(super) const fn place(self, group: usize) -> usize {
        group * self.group_lines() + (group / EIGHT + 1) * self.head()
    }
}

/// Scales of the blocks, then their offsets, as 16-bit floats.
fn heads(kind: Kind, columns: &[Option<Group>; PANEL]) -> [Line; 2] {
    let mut lines = [Line([0; 64]); 2];
    for (c, group) in columns.iter().enumerate().filter_map(|(c, g)| Some((c, g.as_ref()?))) {
        lines[0].0[2 * c..][..2].copy_from_slice(&group.scale);
        if kind.head() == 2 {
            lines[1].0[2 * c..][..2].copy_from_slice(&group.offset);
        }
    }
    lines
}

/// The lines of one group, and how many they are.
fn lay(kind: Kind, columns: &[Option<Group>; PANEL]) -> ([Line; 17], usize) {
    let mut lines = [Line([0; 64]); 17];
    let wide = kind.lines();
    for (c, group) in columns.iter().enumerate().filter_map(|(c, g)| Some((c, g.as_ref()?))) {
        if kind.head() == 0 {
            lines[0].0[2 * c..][..2].copy_from_slice(&group.scale);
        } else {
            lines[0].0[c] = group.fine[0];
            lines[0].0[PANEL + c] = group.fine[1];
        }
        let quads = group.codes.as_chunks::<4>().0;
        let side = &mut lines[1 + c / SIDE * wide..];
        let place = c % SIDE * 4;
        if wide == 8 {
            for (line, quad) in side.iter_mut().zip(quads) {
                line.0[place..place + 4].copy_from_slice(quad);
            }
            continue;
        }
        for l in 0..4 {
            let (low, high) = (u32::from_le_bytes(quads[l]), u32::from_le_bytes(quads[l + 4]));
            let both = low & 0x0f0f_0f0f | (high & 0x0f0f_0f0f) << 4;
            side[l].0[place..place + 4].copy_from_slice(&both.to_le_bytes());
        }
        for (q, quad) in quads.iter().enumerate().filter(|_| wide > 4) {
            let above = u32::from_le_bytes(*quad) >> 4 & 0x0303_0303;
            let (line, moved) = if wide == 5 {
                (4, above << q)
            } else {
                (4 + q / 4, above << (q % 4 * 2))
            };
            for (to, from) in side[line].0[place..place + 4].iter_mut().zip(moved.to_le_bytes()) {
                *to |= from;
            }
        }
    }
    (lines, kind.group_lines())
}

/// Memory for lines, on huge pages where the system has them.
#[derive(Debug)]
struct Lines {
    start: *mut Line,
    count: usize,
}

// SAFETY: plain memory with one owner; shared access only reads.
unsafe impl Send for Lines {}
// SAFETY: as above.
unsafe impl Sync for Lines {}

impl Lines {
    /// Not yet written; whoever makes it writes every line before anyone reads.
    fn new(count: usize) -> Self {
        let layout = Self::layout(count);
        // SAFETY: the layout is not of size zero.
        let start = unsafe { alloc(layout) }.cast::<Line>();
        if start.is_null() {
            handle_alloc_error(layout);
        }
        #[cfg(target_os = "linux")]
        if layout.align() == HUGE {
            // SAFETY: the range is ours; advice changes no contents, and its refusal changes nothing.
            unsafe { madvise(start.cast(), layout.size(), 14) };
        }
        Self { start, count }
    }

    fn layout(count: usize) -> Layout {
        let size = count.max(1) * size_of::<Line>();
        let align = if size >= HUGE { HUGE } else { align_of::<Line>() };
        Layout::from_size_align(size, align).expect("lines that were counted fit memory")
    }

    fn all(&self) -> &[Line] {
        // SAFETY: `count` lines were allocated and all of them were written.
        unsafe { std::slice::from_raw_parts(self.start, self.count) }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // SAFETY: allocated with the same layout.
        unsafe { dealloc(self.start.cast(), Self::layout(self.count)) };
    }
}

// SAFETY: the C library's declaration; the standard library links it. Advice 14 is MADV_HUGEPAGE.
#[cfg(target_os = "linux")]
unsafe extern "C" {
    fn madvise(start: *mut std::ffi::c_void, length: usize, advice: i32) -> i32;
}
