//! The threads that a host has seen: their names, and which of them can still act.
//! Not here: which host a thread belongs to (`seat`).

use std::sync::Arc;

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
        self.push("hcs".into(), true)
    }

    fn push(&mut self, name: Arc<str>, own: bool) -> u32 {
        self.seen.push(Thread { name, alive: true, blocked: false, own });
        self.seen.len() as u32 - 1
    }

    pub(crate) fn name(&self, label: u32) -> Arc<str> {
        Arc::clone(&self.seen[label as usize].name)
    }

    pub(crate) fn ended(&mut self, label: u32) {
        self.seen[label as usize].alive = false;
    }

    pub(crate) fn set_blocked(&mut self, label: u32, blocked: bool) {
        self.seen[label as usize].blocked = blocked;
    }

    /// Whether a thread other than this one is alive and not waiting inside the host.
    pub(crate) fn can_others_act(&self, label: u32) -> bool {
        let act = |it: &Thread| it.alive && !it.blocked && !it.own;
        self.seen.iter().enumerate().any(|(index, it)| index != label as usize && act(it))
    }
}
