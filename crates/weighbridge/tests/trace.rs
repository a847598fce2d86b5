//! Where a lot went and came from: consignments, batches, named input lots, and a chain of ten thousand hops.

use weighbridge::account::{Account, How, Keep, Who};
use weighbridge::input::Incoming;
use weighbridge_books::Books;
use weighbridge_books::substances::trace::{Direction, Link, Node, Step};
use weighbridge_journal::MemoryStore;

const HEADER: &str =
    "reporter,site,kind,date,substance,amount,unit,counterparty,document,lot,batch,input_lots\n";

fn account(rows: &str) -> Account<MemoryStore> {
    let mut account = Account::in_memory().unwrap();
    account.at(1_763_683_200_000_000).unwrap();
    let how = How {
        who: Who::default(),
        key: None,

        agent: None,
        reporter: None,
        learn: true,
        keep: Keep::Nothing,
    };
    let file = Incoming::held("rows.csv", format!("{HEADER}{rows}").into_bytes());
    account.import(&file, &how, &mut |_| {}).unwrap();
    account.settle();
    assert!(account.books().substances.set_aside().is_empty());
    account
}

/// `holder:lot > holder:lot` of every step, in order.
fn shown(books: &Books, steps: &[Step]) -> Vec<String> {
    let node = |n: Node| {
        let series = books.substances.series(n.series).unwrap();
        let holder = &books.registry.holder(series.holder).unwrap().code;
        let lot = ["L1", "L2", "L3", "L4", "L9"]
            .into_iter()
            .find(|l| books.substances.lot(l) == Some(n.lot));
        format!("{holder}:{}", lot.unwrap())
    };
    let link = |l: Link| match l {
        Link::Consignment => ">",
        Link::Process => "=>",
    };
    let mut shown: Vec<String> = steps
        .iter()
        .map(|s| format!("{} {} {}", node(s.from), link(s.link), node(s.to)))
        .collect();
    shown.sort();
    shown
}

fn follow(account: &Account<MemoryStore>, lot: &str, direction: Direction) -> Vec<String> {
    let books = account.books();
    let trace = books.substances.trace();
    let lot = books.substances.lot(lot).unwrap();
    let mut all: Vec<String> = trace
        .nodes_of(lot)
        .flat_map(|n| shown(books, &trace.follow(n, direction)))
        .collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn consignments_batches_and_input_lots_are_followed_both_ways() {
    let account = account(
        "A,S,dispatch,2025-01-01,acetone,10,kg,B,D-1,L1,,\n\
         B,S,receipt,2025-01-02,acetone,10,kg,A,D-1,L1,,\n\
         B,S,use,2025-01-03,acetone,4,kg,,,L1,X-1,\n\
         B,S,production,2025-01-04,acetone,3,kg,,,L2,X-1,\n\
         B,S,production,2025-01-05,toluene,2,kg,,,L3,,L1;L9\n\
         B,S,dispatch,2025-01-06,acetone,3,kg,C,D-2,L2,,\n\
         C,S,receipt,2025-01-07,acetone,1,kg,B,D-2,L4,,\n\
         C,S,receipt,2025-01-07,acetone,2,kg,B,D-2,L2,,\n\
         C,S,use,2025-01-08,acetone,1,kg,,,L2,X-1,\n",
    );
    let forward = follow(&account, "L1", Direction::Forward);
    assert_eq!(
        forward,
        ["A:L1 > B:L1", "B:L1 => B:L2", "B:L1 => B:L3", "B:L2 > C:L2",]
    );
    assert_eq!(
        follow(&account, "L3", Direction::Backward),
        ["A:L1 > B:L1", "B:L1 => B:L3"]
    );
    assert_eq!(
        follow(&account, "L2", Direction::Backward),
        ["A:L1 > B:L1", "B:L1 => B:L2", "B:L2 > C:L2"]
    );
    // The receipt under another lot number has no partner of its own number; the dispatch has one.
    assert_eq!(
        follow(&account, "L4", Direction::Backward),
        Vec::<String>::new()
    );
}

#[test]
fn a_chain_of_ten_thousand_hops_is_followed_to_its_end() {
    const HOPS: usize = 10_000;
    let mut rows = String::new();
    for n in 0..HOPS {
        let to = n + 1;
        rows.push_str(&format!(
            "F{n},S,dispatch,2025-01-01,acetone,1,kg,F{to},D-{n},L1,,\n"
        ));
        rows.push_str(&format!(
            "F{to},S,receipt,2025-01-01,acetone,1,kg,F{n},D-{n},L1,,\n"
        ));
    }
    let account = account(&rows);
    let books = account.books();
    let trace = books.substances.trace();
    let lot = books.substances.lot("L1").unwrap();
    let at = |code: &str| {
        let holder = books.registry.one(code).unwrap();
        let is_there = |n: &Node| {
            books
                .substances
                .series(n.series)
                .is_some_and(|s| s.holder == holder)
        };
        trace.nodes_of(lot).find(is_there).unwrap()
    };
    let forward = trace.follow(at("F0"), Direction::Forward);
    let backward = trace.follow(at(&format!("F{HOPS}")), Direction::Backward);
    assert_eq!(forward.len(), HOPS);
    assert_eq!(backward.len(), HOPS);
    assert!(forward.windows(2).all(|w| w[0].to == w[1].from));
    assert!(backward.windows(2).all(|w| w[0].from == w[1].to));
    assert_eq!(
        trace.follow(at("F5000"), Direction::Forward).len(),
        HOPS / 2
    );
}
