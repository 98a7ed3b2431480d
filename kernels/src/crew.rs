//! Threads that share one piece of work at a time: a number of independent items in, done when the call returns.
//!
//! A forward pass hands out some hundred small pieces per token, so a worker that has just finished waits a few
//! microseconds with its eyes open before it parks, and a worker that comes late is not waited for: the caller takes
//! items too, closes the work when none are left, and waits only for those who joined. Nothing is allocated.
//! Deliberately absent: any order. Items own their part of the output, so who did which never shows; a call made while
//! another is under way, from outside or from an item, runs on its own thread alone. Start at [`Crew::run`].

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, Thread};

/// Looks at the state before a worker parks: some tens of microseconds.
const LOOKS: u32 = 4_000;

/// In [`Shared::state`]: the number of the work in the upper half, then whether it may be joined, then who is at it.
const OPEN: u64 = 1 << 31;
const EPOCH: u64 = 1 << 32;

/// One item's work, without its lifetime; [`Crew::run`] does not return while anyone may still call it.
#[derive(Clone, Copy)]
struct Work {
    item: *const (dyn Fn(usize) + Sync),
    count: usize,
}

struct Shared {
    state: AtomicU64,
    /// Written only while nobody is at the work and it is closed.
    work: UnsafeCell<Option<Work>>,
    next: AtomicUsize,
    stop: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: `work` is the only field that is not `Sync`. The caller writes it before it opens the state (release) and
// workers read it after they joined the open state (acquire); it is not written again before all of them have left.
unsafe impl Sync for Shared {}
// SAFETY: the pointer in `work` leads to a `Sync` closure and is followed only while the call that lent it waits.
unsafe impl Send for Shared {}

/// A fixed set of threads, the caller's among them.
pub struct Crew {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    sleepers: Vec<(Thread, Arc<AtomicBool>)>,
    turn: Mutex<()>,
}

impl Crew {
    /// A crew of `threads` including the caller; at least one.
    pub fn new(threads: usize) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            work: UnsafeCell::new(None),
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            panic: Mutex::new(None),
        });
        let mut crew = Self {
            shared,
            workers: Vec::new(),
            sleepers: Vec::new(),
            turn: Mutex::new(()),
        };
        for index in 1..threads.max(1) {
            let (shared, asleep) = (Arc::clone(&crew.shared), Arc::new(AtomicBool::new(false)));
            let flag = Arc::clone(&asleep);
            let worker = std::thread::Builder::new()
                .name(format!("engine-{index}"))
                .spawn(move || serve(&shared, &flag))?;
            crew.sleepers.push((worker.thread().clone(), asleep));
            crew.workers.push(worker);
        }
        Ok(crew)
    }

    /// How many threads work, the caller included.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// `item(i)` once for each `i` below `count`, in no order.
    pub fn run(&self, count: usize, item: impl Fn(usize) + Sync) {
        let turn = (self.threads() > 1 && count > 1).then(|| self.turn.try_lock());
        let Some(Ok(_turn)) = turn else {
            (0..count).for_each(item);
            return;
        };
        let item: &(dyn Fn(usize) + Sync) = &item;
        // SAFETY: only the lifetime is changed; the pointer is followed by those who joined, and `close` waits for them
        // before this function returns or unwinds.
        let item: *const (dyn Fn(usize) + Sync) =
            unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(item) };
        let work = Work { item, count };
        // SAFETY: the state is closed and nobody is at it, and `turn` keeps other callers out.
        unsafe { *self.shared.work.get() = Some(work) };
        self.shared.next.store(0, Ordering::Relaxed);
        let epoch = self.shared.state.load(Ordering::Relaxed) & !(EPOCH - 1);
        self.shared
            .state
            .store(epoch.wrapping_add(EPOCH) | OPEN, Ordering::SeqCst);
        for (thread, asleep) in &self.sleepers {
            if asleep.load(Ordering::SeqCst) {
                thread.unpark();
            }
        }
        let mine = catch_unwind(AssertUnwindSafe(|| self.shared.take(work)));
        self.shared.close();
        let theirs = self.shared.panic.lock().unwrap_or_else(|e| e.into_inner()).take();
        if let Some(cause) = mine.err().or(theirs) {
            resume_unwind(cause);
        }
    }

    /// `item(i, part)` for each of the equal parts of `out`, `size` values long; the last may be shorter.
    pub fn parts<T: Send>(&self, out: &mut [T], size: usize, item: impl Fn(usize, &mut [T]) + Sync) {
        let (length, size) = (out.len(), size.max(1));
        let base = Base(out.as_mut_ptr());
        self.run(length.div_ceil(size), |i| {
            let start = i * size;
            // SAFETY: parts do not overlap, lie inside `out`, and each is made once.
            let part = unsafe { std::slice::from_raw_parts_mut(base.at(start), size.min(length - start)) };
            item(i, part);
        });
    }

    /// `item(i)` for each `i` below `count`, results in order.
    pub fn map<T: Send>(&self, count: usize, item: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let mut out: Vec<Option<T>> = (0..count).map(|_| None).collect();
        self.parts(&mut out, 1, |i, part| part[0] = Some(item(i)));
        out.into_iter().flatten().collect()
    }
}

impl std::fmt::Debug for Crew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Crew({})", self.threads())
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.sleepers.iter().for_each(|(thread, _)| thread.unpark());
        for worker in self.workers.drain(..) {
            // A worker catches what its items throw, so there is nothing left to hear from it.
            let _ = worker.join();
        }
    }
}

/// A pointer into an output that many items write, each its own part.
pub(crate) struct Base<T>(pub(crate) *mut T);

// SAFETY: whoever uses one sees to it that no two items touch the same element.
unsafe impl<T: Send> Sync for Base<T> {}

impl<T> Base<T> {
    /// The element `index` places on.
    pub(crate) fn at(&self, index: usize) -> *mut T {
        self.0.wrapping_add(index)
    }
}

impl Shared {
    /// Takes items until none are left.
    fn take(&self, work: Work) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= work.count {
                return;
            }
            // SAFETY: `Crew::run` waits for everyone who joined before the closure goes away.
            unsafe { (*work.item)(index) };
        }
    }

    /// Joins the open work if it is not the one that was `seen` last.
    fn join(&self, seen: u64) -> Option<(u64, Work)> {
        let state = self.state.load(Ordering::Acquire);
        let epoch = state / EPOCH;
        if epoch == seen || state & OPEN == 0 {
            return None;
        }
        let joined = self
            .state
            .compare_exchange(state, state + 1, Ordering::AcqRel, Ordering::Relaxed);
        joined.ok()?;
        // SAFETY: the state was open when we joined, so the work was written before and stays until we leave.
        let work = unsafe { *self.work.get() };
        work.map(|work| (epoch, work))
    }

    /// No more joining; returns when everyone who joined has left.
    fn close(&self) {
        self.state.fetch_and(!OPEN, Ordering::AcqRel);
        let mut looks = 0u32;
        while self.state.load(Ordering::Acquire) & (OPEN - 1) != 0 {
            looks += 1;
            if looks.is_multiple_of(LOOKS) {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
    }
}

/// A worker's life.
fn serve(shared: &Shared, asleep: &AtomicBool) {
    let mut seen = 0;
    let mut looks = 0;
    while !shared.stop.load(Ordering::Relaxed) {
        if let Some((epoch, work)) = shared.join(seen) {
            let done = catch_unwind(AssertUnwindSafe(|| shared.take(work)));
            if let Err(cause) = done {
                *shared.panic.lock().unwrap_or_else(|e| e.into_inner()) = Some(cause);
            }
            shared.state.fetch_sub(1, Ordering::AcqRel);
            (seen, looks) = (epoch, 0);
        } else if looks < LOOKS {
            looks += 1;
            std::hint::spin_loop();
        } else {
            asleep.store(true, Ordering::SeqCst);
            // The caller opens the work and then looks at the flag; we raise the flag and then look at the work.
            let state = shared.state.load(Ordering::SeqCst);
            if (state & OPEN == 0 || state / EPOCH == seen) && !shared.stop.load(Ordering::SeqCst) {
                std::thread::park();
            }
            asleep.store(false, Ordering::SeqCst);
            looks = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_once_whatever_the_threads_and_pauses() {
        for threads in [1, 2, 5] {
            let crew = Crew::new(threads).expect("threads");
            for round in 0..300usize {
                let count = round % 37;
                let done: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
                crew.run(count, |i| {
                    done[i].fetch_add(1, Ordering::Relaxed);
                });
                assert!(done.iter().all(|d| d.load(Ordering::Relaxed) == 1));
                if round % 100 == 99 {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            }
        }
    }

    #[test]
    fn parts_and_maps_keep_their_places() {
        let crew = Crew::new(3).expect("threads");
        let mut out = vec![0; 103];
        crew.parts(&mut out, 10, |i, part| part.fill(i));
        assert!(out.iter().enumerate().all(|(at, &v)| v == at / 10));
        assert_eq!(
            crew.map(50, |i| i.to_string()),
            (0..50).map(|i| i.to_string()).collect::<Vec<_>>()
        );
    }

    #[test]
    fn work_within_work_and_panics_leave_the_crew_usable() {
        let crew = Crew::new(2).expect("threads");
        let nested = crew.map(4, |i| crew.map(3, |j| i * j).iter().sum::<usize>());
        assert_eq!(nested, [0, 3, 6, 9]);
        let thrown = catch_unwind(AssertUnwindSafe(|| crew.run(8, |i| assert!(i != 5, "five"))));
        assert!(thrown.is_err());
        assert_eq!(crew.map(3, |i| i), [0, 1, 2]);
    }
}
