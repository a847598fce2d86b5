//! What is kept ready for lists is what would be worked out anew, after whatever change; a change that fails leaves nothing.

use weighbridge_account::Trouble;
use weighbridge_books::{Body, entry::Withdrawal};
use weighbridge_reports::views::MovementFilter;

use super::*;
use crate::access::Sight;
use crate::desk::Desk;
use crate::newest::newest;

/// A sequence of numbers that a seed gives (Steele, Lea, Flood 2014: splitmix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// A file of a few rows of four firms: halves with and without documents, corrections, deletions, counts.
fn file(draw: &mut Draw, number: u64) -> String {
    let mut text = "reporter,kind,date,substance,amount,unit,counterparty,document,lot,line_id,action,corrects\n".to_owned();
    for row in 0..1 + draw.next(6) {
        let own = draw.next(4);
        let other = (own + 1 + draw.next(3)) % 4;
        let (own, other) = (
            ["A", "B", "C", "D"][own as usize],
            ["A", "B", "C", "D"][other as usize],
        );
        let substance = ["acetone", "toluene"][draw.next(2) as usize];
        let (day, kg) = (1 + draw.next(27), 10 + draw.next(4));
        let document = match draw.next(3) {
            0 => String::new(),
            _ => format!("D-{}", draw.next(8)),
        };
        let lot = draw.next(5);
        let (kind, counterparty) = match draw.next(6) {
            0 | 1 => ("dispatch", other),
            2 | 3 => ("receipt", other),
            4 => ("stocktake", ""),
            _ => ("use", ""),
        };
        let (action, corrects) = match draw.next(8) {
            0 => ("adjust", format!("L-{}-0", draw.next(number + 1))),
            1 => ("delete", format!("L-{}-0", draw.next(number + 1))),
            _ => ("insert", String::new()),
        };
        text.push_str(&format!(
            "{own},{kind},2025-06-{day:02},{substance},{kg},kg,{counterparty},{document},K-{lot},L-{number}-{row},{action},{corrects}\n"
        ));
    }
    text
}

fn is_as_worked_out(server: &Server, seed: u64, step: u64) {
    let now = server.account();
    let anew = Desk::of(now.books(), server.today());
    assert!(
        now.desk == anew,
        "seed {seed}, step {step}: {:#?}\n{anew:#?}",
        now.desk
    );
    // The chains give each line that fits once, the newest first.
    let chains = server.chains.read();
    for holder in now.books().registry.holders().map(|(id, _)| id) {
        let filter = MovementFilter {
            holder: Some(holder),
            every_state: true,
            ..MovementFilter::default()
        };
        let walked: Vec<_> = newest(now.books(), &chains, &filter, &Sight::All).collect();
        let mut all = filter.lines(now.books());
        all.sort_unstable_by_key(|line| std::cmp::Reverse(*line));
        assert_eq!(walked, all, "seed {seed}, step {step}");
    }
}

#[test]
fn the_desk_is_what_would_be_worked_out_anew() {
    for seed in 0..8 {
        let (world, mut draw) = (world(), Draw(seed));
        let server = &world.server;
        let mut taken: Vec<u64> = Vec::new();
        for step in 0..12 {
            if draw.next(6) == 0 && !taken.is_empty() {
                let submission = taken.remove(draw.next(taken.len() as u64) as usize);
                let body = Body::Withdrawal(Withdrawal {
                    submission,
                    reason: "again".to_owned(),
                });
                server
                    .change(|account| {
                        account.at(clock())?;
                        account.record(&Who::default(), &body)
                    })
                    .unwrap();
            } else {
                let text = file(&mut draw, step);
                let how = How {
                    who: Who::default(),
                    key: None,
                    agent: None,
                    reporter: None,
                    learn: draw.next(4) == 0,
                    keep: Keep::Nothing,
                };
                let imported = server.change(|account| {
                    account.at(clock())?;
                    account.import(
                        &Incoming::held("x.csv", text.into_bytes()),
                        &how,
                        &mut |_| {},
                    )
                });
                if let weighbridge_account::Imported::Movements(m) = imported.unwrap() {
                    taken.extend(m.parts.first());
                }
            }
            is_as_worked_out(server, seed, step);
        }
        // What was shown piece by piece is what the journal says.
        let shown = server.account();
        let opened = Account::open_read(world._folder.path(), None, &mut |_, _| {}).unwrap();
        let anew = Desk::of(opened.books(), server.today());
        assert!(shown.desk == anew, "seed {seed}");
    }
}

/// Who reads while something is changed sees it as it was, and does not wait; who asks afterwards sees it as it is.
#[test]
fn nobody_waits_for_a_change_and_nobody_sees_half_of_it() {
    let world = world();
    let officer = world.somebody(Role::Officer, "all");
    let before = world.get("/holders?format=csv", &officer).body;
    let register = "code,name,licence\nE,Epsilon,L-9\n".to_owned();
    let how = How {
        who: Who::default(),
        key: None,
        agent: None,
        reporter: None,
        learn: true,
        keep: Keep::Nothing,
    };
    let changed = world.server.change(|account| {
        account.at(clock())?;
        let file = Incoming::held("holders.csv", register.clone().into_bytes());
        account.import(&file, &how, &mut |_| {})?;
        assert!(account.books().registry.by_code("E").is_some());
        assert_eq!(world.get("/holders?format=csv", &officer).body, before);
        Ok(())
    });
    changed.unwrap();
    let after = world.get("/holders?format=csv", &officer).body;
    assert!(after.contains("Epsilon") && !before.contains("Epsilon"));
    // One that fails before anything was appended is forgotten.
    let failed: Result<(), Trouble> = world.server.change(|account| {
        account.at(clock())?;
        let more = Incoming::held("more.csv", register.replace("E,Eps", "F,Phi").into_bytes());
        account.import(&more, &how, &mut |_| {})?;
        Err(Trouble::Fault("x"))
    });
    assert!(failed.is_err() && !world.server.has_stopped());
    assert_eq!(world.get("/holders?format=csv", &officer).body, after);
    let again = world.server.change(|account| {
        account.at(clock())?;
        let more = Incoming::held("more.csv", register.replace("E,Eps", "F,Phi").into_bytes());
        account.import(&more, &how, &mut |_| {}).map(|_| ())
    });
    again.unwrap();
    assert!(
        world
            .get("/holders?format=csv", &officer)
            .body
            .contains("Phi")
    );
}
