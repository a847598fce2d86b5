//! A lot that passes through ten thousand hands.

use weighbridge::account::{Account, How, Keep, Who};
use weighbridge::input::Incoming;
use weighbridge::trouble::Trouble;
use weighbridge_books::substances::trace::Direction;
use weighbridge_journal::MemoryStore;

use crate::{Failure, best, row};

const HOPS: usize = 10_000;

pub(crate) fn chain() -> Result<(), Failure> {
    let mut rows =
        String::from("reporter,site,kind,date,substance,amount,unit,counterparty,document,lot\n");
    for n in 0..HOPS {
        let to = n + 1;
        rows.push_str(&format!(
            "F{n},S,dispatch,2025-01-01,acetone,1,kg,F{to},D-{n},L1\nF{to},S,receipt,2025-01-01,acetone,1,kg,F{n},D-{n},L1\n"
        ));
    }
    let account = account(rows).map_err(|trouble| format!("{trouble:?}"))?;
    let ledger = &account.books().substances;
    let trace = ledger.trace();
    let lot = ledger.lot("L1").ok_or("the lot is not there")?;
    for (direction, what) in [
        (Direction::Forward, "forward"),
        (Direction::Backward, "backward"),
    ] {
        let mut longest = (std::time::Duration::ZERO, 0);
        for node in [trace.nodes_of(lot).next(), trace.nodes_of(lot).last()]
            .into_iter()
            .flatten()
        {
            let (took, steps) = best(20, || trace.follow(node, direction).len());
            if steps > longest.1 {
                longest = (took, steps);
            }
        }
        row(
            &format!("**trace of a chain {what}**"),
            longest.1 as f64,
            "hops",
            longest.0,
        );
    }
    Ok(())
}

fn account(rows: String) -> Result<Account<MemoryStore>, Trouble> {
    let mut account = Account::in_memory()?;
    account.at(1_763_683_200_000_000)?;
    let how = How {
        who: Who::default(),
        key: None,

        agent: None,
        reporter: None,
        learn: true,
        keep: Keep::Nothing,
    };
    account.import(
        &Incoming::held("chain.csv", rows.into_bytes()),
        &how,
        &mut |_| {},
    )?;
    account.settle();
    Ok(account)
}
