//! The import as the program does it: reading on one core, deciding on the other, sealing and hashing in between;
//! everything durable, matched at the end.

use std::path::Path;
use std::time::{Duration, Instant};

use weighbridge::account::{Account, How, Imported, Keep, Who};
use weighbridge::input::Incoming;
use weighbridge::trouble::Trouble;
use weighbridge_books::Body;
use weighbridge_books::registry::{Event, HolderRow};

use crate::{Failure, row};

pub(crate) fn import(file: &Path, folder: &Path, holders: Vec<HolderRow>) -> Result<(), Failure> {
    let events: Vec<Event> = holders.into_iter().map(Event::Holder).collect();
    for (keep, what) in [
        (Keep::Name, "**the program's import, matched, two cores**"),
        (Keep::Blobs, "the same, and the original kept, encrypted"),
    ] {
        let place = folder.join("account");
        let _ = std::fs::remove_dir_all(&place);
        let once = once(file, &place, &events, keep).map_err(|trouble| format!("{trouble:?}"))?;
        let lines = once.rows as f64 / 1e6;
        row(what, lines, "M lines", once.matched);
        row(
            "— of it: until it is durable",
            lines,
            "M lines",
            once.durable,
        );
        std::fs::remove_dir_all(&place)?;
    }
    Ok(())
}

struct Once {
    rows: u64,
    durable: Duration,
    matched: Duration,
}

fn once(file: &Path, place: &Path, events: &[Event], keep: Keep) -> Result<Once, Trouble> {
    let mut account = Account::create(place, "bench.invalid/program", "bench")?;
    account.at(1_763_683_200_000_000)?;
    account.record(&Who::default(), &Body::Registry(events.to_vec()))?;
    let how = How {
        who: Who::default(),
        key: None,

        agent: None,
        reporter: None,
        learn: false,
        keep,
    };
    let start = Instant::now();
    let imported = account.import(&Incoming::open(file)?, &how, &mut |_| {})?;
    account.commit()?;
    account.sign()?;
    let durable = start.elapsed();
    account.settle();
    let matched = start.elapsed();
    match imported {
        Imported::Movements(taken) => Ok(Once {
            rows: taken.summary.rows_read,
            durable,
            matched,
        }),
        _ => Err(Trouble::Fault("the file was not taken as movements")),
    }
}
