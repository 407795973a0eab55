//! The threads that a host has seen: their names, and which of them can still act.
//! Not here: which host a thread belongs to (`seat`).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The label of the thread that is seen first.
pub(crate) const FIRST: u32 = 0;

/// The name of the host's own threads.
pub(crate) const OWN: &str = "hcs";

/// The threads of a host, by label: the order in which they were first seen.
#[derive(Default)]
pub(crate) struct Threads {
    seen: Vec<Thread>,
}

struct Thread {
    name: Arc<str>,
    /// Not ended yet.
    alive: bool,
    /// Waiting inside the host.
    blocked: bool,
    /// Started by the host itself.
    own: bool,
    /// Calls so far.
    calls: u64,
    /// Where the system tells the thread's state, once somebody wants to know.
    status: Option<PathBuf>,
}

impl Threads {
    /// A user's thread is seen for the first time.
    pub(crate) fn add(&mut self, name: Option<&str>) -> u32 {
        let user = self.seen.iter().filter(|it| !it.own).count();
        let name = match (user, name) {
            (0, _) => "main".into(),
            (_, Some(name)) => name.into(),
            (nth, None) => format!("thread#{}", nth + 1).into(),
        };
        self.push(name, false)
    }

    /// The host starts a thread.
    pub(crate) fn add_own(&mut self) -> u32 {
        self.push(OWN.into(), true)
    }

    /// The host starts a thread for somebody, who gives it a name.
    pub(crate) fn add_own_named(&mut self, name: &str) -> u32 {
        self.push(name.into(), true)
    }

    fn push(&mut self, name: Arc<str>, own: bool) -> u32 {
        self.seen.push(Thread { name, alive: true, blocked: false, own, calls: 0, status: None });
        self.seen.len() as u32 - 1
    }

    pub(crate) fn name(&self, label: u32) -> Arc<str> {
        Arc::clone(&self.seen[label as usize].name)
    }

    /// Whether the host has started the thread.
    pub(crate) fn is_own(&self, label: u32) -> bool {
        self.seen[label as usize].own
    }

    /// Whether a user's thread with this name lives, other than the first.
    pub(crate) fn is_another_alive(&self, name: &str) -> bool {
        self.seen.iter().skip(1).any(|it| it.alive && !it.own && &*it.name == name)
    }

    /// A thread of the host's own with a name.
    pub(crate) fn own_named(&self, name: &str) -> Option<u32> {
        self.seen.iter().position(|it| it.own && &*it.name == name).map(|it| it as u32)
    }

    /// A thread is shown under another name.
    pub(crate) fn rename(&mut self, label: u32, name: &Arc<str>) {
        self.seen[label as usize].name = Arc::clone(name);
    }

    pub(crate) fn ended(&mut self, label: u32) {
        self.seen[label as usize].alive = false;
    }

    pub(crate) fn set_blocked(&mut self, label: u32, blocked: bool) {
        self.seen[label as usize].blocked = blocked;
    }

    /// Notes where the system tells the state of the calling thread.
    pub(crate) fn note_status(&mut self, label: u32) {
        let thread = &mut self.seen[label as usize];
        if thread.status.is_none() {
            thread.status = own_status();
        }
    }

    /// The calling thread is about to end, and another may take its label.
    pub(crate) fn forget_status(&mut self, label: u32) {
        self.seen[label as usize].status = None;
    }

    /// Whether more than one user's thread was seen.
    pub(crate) fn are_several(&self) -> bool {
        self.seen.len() > 1 && self.seen.iter().filter(|it| !it.own).nth(1).is_some()
    }

    /// Whether no user's thread but this one is running, as far as the system tells: a thread that is only slow is not one
    /// that waits.
    pub(crate) fn are_asleep(&self, but: Option<u32>) -> bool {
        let others = self.seen.iter().enumerate().filter(|(index, it)| {
            it.alive && !it.own && !it.blocked && but.is_none_or(|but| *index != but as usize)
        });
        others.map(|it| it.1).all(|it| !is_at_work(it.status.as_deref()))
    }

    /// Whether a thread is running, as far as the system tells.
    pub(crate) fn is_at_work(&self, label: u32) -> bool {
        self.seen.get(label as usize).is_some_and(|it| is_at_work(it.status.as_deref()))
    }

    /// A thread calls.
    pub(crate) fn called(&mut self, label: u32) {
        if let Some(thread) = self.seen.get_mut(label as usize) {
            thread.calls += 1;
        }
    }

    /// A number that changes when a thread that could act besides this one does, and when there are others that could.
    pub(crate) fn deeds_of_others(&self, label: u32) -> u64 {
        let others = self
            .seen
            .iter()
            .enumerate()
            .filter(|(index, it)| *index != label as usize && it.alive && !it.blocked && !it.own);
        others.fold(1, |sum, (index, it)| {
            sum.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(it.calls << 8).wrapping_add(index as u64)
        })
    }

    /// Whether a thread other than this one is alive and not waiting inside the host.
    pub(crate) fn can_others_act(&self, label: u32) -> bool {
        let act = |it: &Thread| it.alive && !it.blocked && !it.own;
        self.seen.iter().enumerate().any(|(index, it)| index != label as usize && act(it))
    }
}

/// Where the system tells the state of the calling thread, if it does.
pub(crate) fn own_status() -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let task = fs::read_link("/proc/thread-self").ok()?;
    Some(PathBuf::from("/proc").join(task).join("stat"))
}

/// Whether the thread with this status is running, or would if there were a processor for it, or if its memory were there.
pub(crate) fn is_at_work(status: Option<&Path>) -> bool {
    let Some(status) = status.and_then(|it| fs::read_to_string(it).ok()) else { return false };
    // "<id> (<name>) <state> ..": the name may hold anything.
    let state = status.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    // A page of the program that has to be read in first is work too.
    matches!(state, Some('R' | 'D'))
}
