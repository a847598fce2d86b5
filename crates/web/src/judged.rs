//! What is unexplained, worked out beside the requests, again whenever the account has changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use weighbridge_detection::Population;
use weighbridge_detection::unexplained::{Review, Survey};
use weighbridge_detection::visits::{Means, visits};
use weighbridge_measure::Date;
use weighbridge_reports::unexplained::{Inspection, Unexplained, Wanted};

use crate::limits::JUDGED_MAX;
use crate::state::Server;

/// Visits of the list that the pages show.
const VISITS: usize = 20;
/// After a change, how long is waited for the next one before all is worked out anew.
const QUIET: Duration = Duration::from_secs(2);
/// How many times as long as a judgement took, the next one waits.
const RESTS: u32 = 3;
/// The lowest priority of a thread (setpriority(2)).
#[cfg(target_os = "linux")]
const LOWEST: i32 = 19;

/// The account as judged at one time.
pub(crate) struct Judged {
    /// The day.
    pub(crate) on: Date,
    /// What is unexplained.
    pub(crate) unexplained: Unexplained,
    /// Where to look first.
    pub(crate) inspection: Inspection,
}

#[derive(Default)]
struct State {
    judged: Option<Arc<Judged>>,
    stale: bool,
    stop: bool,
}

/// The last judgement, and the wish for the next.
#[derive(Default)]
pub(crate) struct Watch {
    state: Mutex<State>,
    changed: Condvar,
}

impl Watch {
    /// The last judgement; none until the first is done.
    pub(crate) fn last(&self) -> Option<Arc<Judged>> {
        self.state.lock().judged.clone()
    }

    /// Asks for another judgement.
    pub(crate) fn wake(&self) {
        self.state.lock().stale = true;
        self.changed.notify_all();
    }

    /// Ends the work.
    pub(crate) fn stop(&self) {
        self.state.lock().stop = true;
        self.changed.notify_all();
    }

    /// Waits until there is something to do; nothing when all is to end.
    fn wait(&self) -> Option<()> {
        let mut state = self.state.lock();
        while !state.stale && !state.stop {
            self.changed.wait(&mut state);
        }
        state.stale = false;
        (!state.stop).then_some(())
    }
}

impl Server {
    /// Judges the account whenever it has changed, until the server stops. Runs on a thread of its own.
    pub fn keep_judging(&self) {
        // Of this thread alone; where it is refused, pages wait a little longer.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::setpriority_process(None, LOWEST);
        while self.judged.wait().is_some() {
            let since = Instant::now();
            self.judge_once();
            // Several files that come together are judged once, and pages come before judgements.
            let rest = QUIET.max(since.elapsed() * RESTS);
            let mut state = self.judged.state.lock();
            let until = Instant::now() + rest;
            while !state.stop
                && !self
                    .judged
                    .changed
                    .wait_until(&mut state, until)
                    .timed_out()
            {}
        }
    }

    /// Judges the account as it is.
    pub fn judge_once(&self) {
        let account = self.account();
        let on = account.desk.on;
        let population = Population::of(account.books(), on);
        let survey = Survey::of(&population, Review::default());
        let means = Means {
            visits: VISITS,
            hours: None,
            hours_of: BTreeMap::new(),
            seed: survey.review.seed,
        };
        let list = visits(&population, &survey, &means);
        let lookup = account.lookup();
        let wanted = Wanted {
            series: None,
            entries: JUDGED_MAX,
        };
        let unexplained = Unexplained::build(&population, &survey, &wanted, &lookup);
        let inspection = Inspection::build(&population, &survey, &list, means.seed, &lookup);
        self.judged.state.lock().judged = Some(Arc::new(Judged {
            on,
            unexplained,
            inspection,
        }));
    }

    /// Ends [`Server::keep_judging`].
    pub fn stop_judging(&self) {
        self.judged.stop();
    }
}
