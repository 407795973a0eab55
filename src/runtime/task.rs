//! Hosts follow tasks: a future that enters its host each time it is polled, whatever thread that happens on.
//! Not here: which host a thread belongs to (`seat`), any runtime.

use std::future::{self, Future};
use std::pin::pin;

use super::host::Host;

impl Host {
    /// A future that runs in this host: whichever thread polls it has entered the host for as long as the poll takes.
    ///
    /// The guard of [`Host::enter`] stays on its thread, so a task that may move to another one cannot hold it over an `.await`. This
    /// does it for the task, with any runtime. Tasks and threads that it starts are its own affair: give each a `within`, and let each
    /// blocking closure [enter](Host::enter) the host.
    ///
    /// It keeps the host alive. What it holds when it is dropped before its end is dropped outside of the host; handles and
    /// documents find theirs all the same.
    ///
    /// ```
    /// use hcs_sim::Host;
    /// use hcs_sim::computecore::*;
    ///
    /// async fn client() {
    ///     // SAFETY: no pointers are passed, and the handle is closed once.
    ///     unsafe { HcsCloseOperation(HcsCreateOperation(std::ptr::null(), None)) };
    /// }
    ///
    /// # let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    /// # runtime.block_on(async {
    /// let host = Host::new();
    /// tokio::spawn(host.within(client())).await.unwrap();
    /// assert_eq!(host.journal().calls().count(), 2);
    /// host.verify().unwrap();
    /// # });
    /// ```
    pub fn within<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let host = self.clone();
        async move {
            let mut future = pin!(future);
            future::poll_fn(|context| {
                let _entered = host.enter();
                future.as_mut().poll(context)
            })
            .await
        }
    }
}
