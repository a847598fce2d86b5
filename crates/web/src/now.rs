//! What is shown: the account at one time, which nobody changes any more, with what lists need of it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use parking_lot::Mutex;
use weighbridge_measure::Date;

use crate::access::{Action, Sight, Standing};
use crate::desk::Desk;
use crate::state::Served;

/// What sights were worked out for: standings, what is to be done, the day.
type Asked = (Vec<Standing>, Action, Date);
/// Sights that are kept of one state of the account.
const SIGHTS_MAX: usize = 1_000;

/// The account as it is shown until the next change.
pub(crate) struct Now {
    account: Served,
    pub(crate) desk: Desk,
    sights: Mutex<BTreeMap<Asked, Arc<Sight>>>,
}

impl Now {
    pub(crate) fn new(account: Served, desk: Desk) -> Now {
        Now {
            account,
            desk,
            sights: Mutex::default(),
        }
    }

    /// What somebody sees; whoever has an area sees what the register says of it, which is worked out once.
    pub(crate) fn sight(&self, standings: &[Standing], action: Action, on: Date) -> Arc<Sight> {
        let asked = (standings.to_vec(), action, on);
        if let Some(sight) = self.sights.lock().get(&asked) {
            return Arc::clone(sight);
        }
        let sight = Arc::new(Sight::of(standings, action, self.books(), on));
        let mut sights = self.sights.lock();
        if sights.len() >= SIGHTS_MAX {
            sights.clear();
        }
        sights.insert(asked, Arc::clone(&sight));
        sight
    }
}

impl Deref for Now {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.account
    }
}
