//! EPCIS events over several files: an event counts as it was stated first, and is taken out whole.

mod common;

use common::Story;

/// One shipping event with these quantities in kilograms, or the declaration that it was wrong.
fn event(id: &str, kilograms: &[&str], declared: &str) -> String {
    let quantities: Vec<String> = kilograms
        .iter()
        .map(|kg| {
            format!(
                r#"{{"epcClass":"https://identifiers.org/cas/67-64-1","quantity":"{kg}","uom":"KGM"}}"#
            )
        })
        .collect();
    let error = match declared {
        "" => String::new(),
        time => format!(r#","errorDeclaration":{{"declarationTime":"{time}"}}"#),
    };
    format!(
        r#"{{"type":"ObjectEvent","eventID":"{id}","eventTime":"2025-01-10T08:00:00Z","eventTimeZoneOffset":"+00:00","bizStep":"shipping","quantityList":[{}],
        "sourceList":[{{"type":"owning_party","source":"ALPHA"}},{{"type":"location","source":"A1"}}],
        "destinationList":[{{"type":"owning_party","destination":"BETA"}}]{error}}}"#,
        quantities.join(",")
    )
}

fn document(events: &[String]) -> String {
    format!(
        r#"{{"type":"EPCISDocument","epcisBody":{{"eventList":[{}]}}}}"#,
        events.join(",")
    )
}

/// Accepted, duplicate and set aside of one import, and the codes and texts of its reasons.
type Fate = ([u64; 3], Vec<String>);

fn import(story: &Story, name: &str, text: &str) -> Fate {
    story.write(name, text.as_bytes());
    let ran = story.run(&format!("import account {name} --json")).good();
    let file = &ran.json()["files"][0];
    let n = |key: &str| file["lines"][key].as_u64().unwrap();
    let reasons = file["quarantine"].as_array().unwrap().iter();
    let reasons = reasons
        .map(|r| {
            let word = |key: &str| r[key].as_str().unwrap().to_owned();
            format!("{} {} {}", word("code"), word("found"), word("expected"))
        })
        .collect();
    ([n("accepted"), n("duplicate"), n("quarantined")], reasons)
}

/// Numbers of the live lines.
fn live(story: &Story) -> Vec<String> {
    let ran = story.run("movements account --json").good();
    let rows = ran.json();
    let mut live: Vec<String> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["line_state"] == "live")
        .map(|r| r["line_id"].as_str().unwrap_or_default().to_owned())
        .collect();
    live.sort();
    live
}

fn account() -> Story {
    let story = Story::new();
    story.run("init account").good();
    story.run("import account holders.csv").good();
    story
}

#[test]
fn a_changed_event_is_a_conflict_whatever_changed() {
    let conflict = |id: &str| vec![format!("line_id_conflict {id} action=adjust + corrects")];
    let both = [conflict("e4"), conflict("e4#2")].concat();
    for (first, second, fate) in [
        (&["10"][..], &["10"][..], ([0, 1, 0], vec![])),
        (&["10", "5"], &["10", "5"], ([0, 2, 0], vec![])),
        (&["10"], &["11"], ([0, 0, 1], conflict("e4"))),
        (&["10"], &["10", "5"], ([0, 0, 2], both.clone())),
        (&["10", "5"], &["10"], ([0, 0, 1], conflict("e4"))),
        (&["10", "5"], &["5", "10"], ([0, 0, 2], both.clone())),
    ] {
        let story = account();
        import(&story, "1.json", &document(&[event("e4", first, "")]));
        let again = event("other", &["1"], "");
        let (counts, reasons) = import(
            &story,
            "2.json",
            &document(&[event("e4", second, ""), again]),
        );
        let [accepted, duplicates, aside] = fate.0;
        assert_eq!(
            (counts, reasons),
            ([accepted + 1, duplicates, aside], fate.1.clone()),
            "{first:?} {second:?}"
        );
        // The same within one file.
        let story = account();
        let both = document(&[event("e4", first, ""), event("e4", second, "")]);
        let (counts, reasons) = import(&story, "both.json", &both);
        assert_eq!(
            (counts, reasons),
            ([first.len() as u64, duplicates, aside], fate.1),
            "{first:?} {second:?}"
        );
    }
}

#[test]
fn a_quantity_that_was_set_aside_comes_again_mended() {
    let story = account();
    let (counts, _) = import(
        &story,
        "1.json",
        &document(&[event("e4", &["10", "?"], "")]),
    );
    assert_eq!(counts, [1, 0, 1]);
    let (counts, _) = import(
        &story,
        "2.json",
        &document(&[event("e4", &["10", "5"], "")]),
    );
    assert_eq!(counts, [1, 1, 0]);
    assert_eq!(live(&story), ["e4", "e4#2"]);
}

#[test]
fn an_error_declaration_takes_out_the_whole_event_or_says_what_it_leaves_out() {
    let story = account();
    let stated = document(&[event("e4", &["10", "5", "3"], ""), event("e5", &["1"], "")]);
    import(&story, "1.json", &stated);
    let part = event("e4", &["10", "5"], "2025-01-11T00:00:00Z");
    let (counts, reasons) = import(&story, "2.json", &document(&[part]));
    assert_eq!(counts, [0, 0, 2]);
    assert_eq!(
        reasons,
        ["event_in_part e4 e4#3", "event_in_part e4#2 e4#3"]
    );
    assert_eq!(live(&story), ["e4", "e4#2", "e4#3", "e5"]);

    let whole = event("e4", &["10", "5", "3"], "2025-01-11T00:00:00Z");
    let (counts, _) = import(&story, "3.json", &document(&[whole]));
    assert_eq!(counts, [3, 0, 0]);
    assert_eq!(live(&story), ["e5"]);
}

#[test]
fn what_a_declaration_leaves_out_can_be_deleted_first() {
    let story = account();
    import(
        &story,
        "1.json",
        &document(&[event("e4", &["10", "5"], "")]),
    );
    let part = document(&[event("e4", &["10"], "2025-01-11T00:00:00Z")]);
    assert_eq!(import(&story, "2.json", &part).0, [0, 0, 1]);
    story.write("d.csv", b"reporter,action,corrects\nALPHA,delete,e4#2\n");
    story.run("import account d.csv").good();
    assert_eq!(import(&story, "2.json", &part).0, [1, 0, 0]);
    assert_eq!(live(&story), Vec::<String>::new());
}
