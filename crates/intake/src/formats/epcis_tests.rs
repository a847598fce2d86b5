//! The published sample documents, and events written by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use weighbridge_books::substances::movement::Text;
use weighbridge_books::substances::vocabulary::Field;

use crate::testing::{Collect, Taken, run};
use crate::{FileIssue, Summary};

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "xml" || e == "json") {
            out.push(path);
        }
    }
}

fn samples() -> Vec<PathBuf> {
    let mut out = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/epcis"),
        &mut out,
    );
    out.sort();
    assert!(out.len() > 120, "{}", out.len());
    out
}

#[allow(clippy::disallowed_methods, reason = "the samples are read from disk")]
fn read(path: &Path) -> (Collect, Summary) {
    run(&std::fs::read(path).unwrap(), &path.to_string_lossy())
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn every_sample_is_read() {
    let mut events = 0;
    for path in samples() {
        let (c, summary) = read(&path);
        events += summary.rows_read;
        let counted: u64 = summary.not_movements.values().sum();
        assert_eq!(
            summary.rows_read,
            summary.accepted + summary.set_aside + counted,
            "{}",
            path.display()
        );
        assert_eq!(c.aside.len() as u64, summary.set_aside);
        let queries = path.to_string_lossy().contains("Queries");
        assert_eq!(
            summary
                .notes
                .keys()
                .any(|(note, _)| *note == crate::Note::NoEvents),
            summary.rows_read == 0
        );
        assert!(summary.rows_read > 0 || queries, "{}", path.display());
    }
    assert!(events > 200, "{events}");
}

/// What an event came to, with the spelling of numbers and of vocabulary taken out.
fn fates(c: &Collect, summary: &Summary) -> (Vec<Taken>, Vec<String>, BTreeMap<String, u64>) {
    let taken = c
        .taken
        .iter()
        .cloned()
        .map(|t| Taken {
            amount_text: String::new(),
            ..t
        })
        .collect();
    let aside = c
        .aside
        .iter()
        .map(|a| {
            let cells: Vec<_> = a
                .cells
                .iter()
                .filter(|(f, _)| *f != Field::Amount && *f != Field::ReportedAt)
                .collect();
            let issues: Vec<_> = a.issues.iter().map(|i| (i.field, i.code)).collect();
            format!("{} {cells:?} {issues:?}", a.row)
        })
        .collect();
    (taken, aside, summary.not_movements.clone())
}

#[test]
fn xml_and_json_of_one_name_give_the_same_half_records() {
    let mut pairs = 0;
    let mut different = Vec::new();
    for json in samples()
        .into_iter()
        .filter(|p| p.extension().is_some_and(|e| e == "json"))
    {
        let xml = PathBuf::from(
            json.to_string_lossy()
                .replace("/JSON/", "/XML/")
                .replace(".json", ".xml"),
        );
        if !xml.exists() {
            continue;
        }
        pairs += 1;
        let ((cj, sj), (cx, sx)) = (read(&json), read(&xml));
        if fates(&cj, &sj) != fates(&cx, &sx) {
            different.push((
                xml.file_name().unwrap().to_owned(),
                fates(&cj, &sj),
                fates(&cx, &sx),
            ));
        }
    }
    assert!(pairs > 40, "{pairs}");
    assert!(different.is_empty(), "{different:#?}");
}

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:x="http://example.com/x" schemaVersion="2.0" creationDate="2024-01-01T00:00:00Z">
<EPCISBody><EventList>
<ObjectEvent>
  <eventTime>2024-01-31T20:00:00Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset><eventID>urn:uuid:1</eventID>
  <epcList/><action>OBSERVE</action><bizStep>STEP</bizStep>
  <bizTransactionList><bizTransaction type="urn:epcglobal:cbv:btt:po">PO1</bizTransaction><bizTransaction type="urn:epcglobal:cbv:btt:desadv">A&amp;B</bizTransaction></bizTransactionList>
  <quantityList>
    <quantityElement><epcClass>https://identifiers.org/cas/67-64-1</epcClass><quantity>25.5</quantity><uom>KGM</uom><x:quantity>99</x:quantity></quantityElement>
    <quantityElement><epcClass>https://identifiers.org/cas/108-24-7</epcClass><quantity>3</quantity><uom>LTR</uom></quantityElement>
  </quantityList>
  <sourceList><source type="urn:epcglobal:cbv:sdt:owning_party">S</source><source type="urn:epcglobal:cbv:sdt:location">S1</source></sourceList>
  <destinationList><destination type="urn:epcglobal:cbv:sdt:possessing_party">R</destination><destination type="urn:epcglobal:cbv:sdt:location">R1</destination></destinationList>
  ERROR
</ObjectEvent>
<ObjectEvent><eventTime>2024-01-31T20:00:00Z</eventTime><bizStep>cbv:BizStep-commissioning</bizStep></ObjectEvent>
</EventList></EPCISBody></epcis:EPCISDocument>"#;

#[test]
fn shipping_and_receiving() {
    for (step, kind, own, other) in [
        (
            "urn:epcglobal:cbv:bizstep:shipping",
            "dispatch",
            ("S", "S1"),
            ("R", "R1"),
        ),
        (
            "https://ref.gs1.org/cbv/BizStep-receiving",
            "receipt",
            ("R", "R1"),
            ("S", "S1"),
        ),
    ] {
        let (c, summary) = run(
            XML.replace("STEP", step).replace("ERROR", "").as_bytes(),
            "e.xml",
        )
        .unwrap();
        assert_eq!(c.issues(), []);
        assert_eq!(c.taken.len(), 2);
        let t = &c.taken[0];
        assert_eq!(
            (t.kind, t.date.as_str(), t.substance, t.base_ug),
            (kind, "2024-02-01", "acetone", 25_500_000_000)
        );
        assert_eq!((t.reporter.as_str(), t.site.as_str()), own);
        assert_eq!(
            (t.counterparty.as_str(), t.counterparty_site.as_str()),
            other
        );
        assert_eq!(
            (t.text(Text::Document), t.text(Text::LineId)),
            ("A&B", "urn:uuid:1")
        );
        assert_eq!(c.taken[1].unit, "l");
        assert_eq!(
            summary.not_movements.get("ObjectEvent commissioning"),
            Some(&1)
        );
    }
}

#[test]
fn an_error_declaration_deletes() {
    let error = "<errorDeclaration><declarationTime>2024-02-02T00:00:00Z</declarationTime></errorDeclaration>";
    let (c, _) = run(
        XML.replace("STEP", "shipping")
            .replace("ERROR", error)
            .as_bytes(),
        "e.xml",
    )
    .unwrap();
    let fates: Vec<_> = c
        .taken
        .iter()
        .map(|t| (t.action.code(), t.text(Text::Corrects)))
        .collect();
    assert_eq!(
        fates,
        [("delete", "urn:uuid:1"), ("delete", "urn:uuid:1{2}")]
    );
}

/// A shipping event of 5 kg of acetone, with members put in place of its own or added.
fn json(members: &str) -> String {
    let mut event: serde_json::Value = serde_json::from_str(
        r#"{"type":"ObjectEvent","eventID":"e4","eventTime":"2024-01-31T20:00:00Z","eventTimeZoneOffset":"+00:00","bizStep":"shipping",
        "quantityList":[{"epcClass":"acetone","quantity":5,"uom":"KGM"}],
        "sourceList":[{"type":"owning_party","source":"S"}],"destinationList":[{"type":"owning_party","destination":"R"}]}"#,
    )
    .unwrap();
    let members: serde_json::Value = serde_json::from_str(members).unwrap();
    for (key, value) in members.as_object().unwrap() {
        event.as_object_mut().unwrap().shift_remove(key);
        if !value.is_null() {
            event[key] = value.clone();
        }
    }
    format!(r#"{{"type":"EPCISDocument","epcisBody":{{"eventList":[{event}]}}}}"#)
}

/// What one event came to: numbers and amounts of its movements, its issues, what was counted.
fn fate(text: &str) -> String {
    fate_with(text, None)
}

fn fate_with(text: &str, reporter: Option<&str>) -> String {
    let options = crate::Options {
        reporter: reporter.map(str::to_owned),
        ..crate::testing::options()
    };
    let (c, summary) = crate::testing::run_with(text.as_bytes(), "e.json", &options).unwrap();
    let taken = c.taken.iter().map(|t| {
        let of = [Text::LineId, Text::Corrects].map(|column| t.text(column));
        format!(
            "{} {} {} {}",
            t.reporter,
            t.action.code(),
            of.concat(),
            t.amount_text
        )
    });
    let issues = c.aside.iter().flat_map(|a| &a.issues);
    let issues = issues.map(|i| format!("{} {} <{}>", i.field.code(), i.code.code(), i.found));
    let counted = summary.not_movements.keys().cloned();
    let all: Vec<String> = taken.chain(issues).chain(counted).collect();
    all.join("; ")
}

#[test]
fn an_error_declaration_is_never_without_effect() {
    for (members, reporter, expected) in [
        ("", None, "S delete e4 "),
        (r#","quantityList":[]"#, None, "S delete e4 "),
        (
            r#","quantityList":null,"epcList":["a"]"#,
            None,
            "S delete e4 ",
        ),
        (
            r#","quantityList":[{},{}]"#,
            None,
            "S delete e4 ; S delete e4{2} ",
        ),
        (r#","type":null"#, None, "S delete e4 "),
        (r#","bizStep":null"#, None, "kind event_in_part <>"),
        (
            r#","bizStep":"packing""#,
            None,
            "kind event_in_part <packing>",
        ),
        (
            r#","bizStep":"packing""#,
            Some("X"),
            "kind event_in_part <packing>",
        ),
        (
            r#","bizStep":"packing","sourceList":[],"destinationList":[]"#,
            Some("X"),
            "X delete e4 ",
        ),
        (r#","eventID":null"#, None, "corrects corrects_missing <>"),
        (
            r#","type":"TransformationEvent","bizStep":"commissioning""#,
            None,
            "TransformationEvent commissioning (error declaration)",
        ),
    ] {
        for declaration in [
            r#"{"declarationTime":"2024-02-02T00:00:00Z"}"#,
            r#"[{"declarationTime":"2024-02-02T00:00:00Z"}]"#,
            "true",
        ] {
            let text = json(&format!(r#"{{"errorDeclaration":{declaration}{members}}}"#));
            assert_eq!(fate_with(&text, reporter), expected, "{members}");
        }
    }
    assert_eq!(fate(&json(r#"{"errorDeclaration":null}"#)), "S insert e4 5");
}

#[test]
fn lists_of_one_and_absent_types() {
    for (members, expected) in [
        (r#"{"type":["ObjectEvent"]}"#, "S insert e4 5"),
        (r#"{"type":["x:Own","epcis:ObjectEvent"]}"#, "S insert e4 5"),
        (r#"{"type":null,"isA":"ObjectEvent"}"#, "S insert e4 5"),
        (
            r#"{"eventID":["e4"],"bizStep":["shipping"]}"#,
            "S insert e4 5",
        ),
        (
            r#"{"quantityList":{"epcClass":["acetone"],"quantity":[5],"uom":["KGM"]}}"#,
            "S insert e4 5",
        ),
        (
            r#"{"sourceList":{"type":["owning_party"],"source":["S"]}}"#,
            "S insert e4 5",
        ),
        (r#"{"type":null}"#, "kind missing <>"),
        (r#"{"type":null,"bizStep":"packing"}"#, "- packing"),
        (r#"{"type":null,"bizStep":null}"#, "- -"),
        (r#"{"type":"Shipment"}"#, "Shipment shipping"),
    ] {
        assert_eq!(fate(&json(members)), expected, "{members}");
    }
    let event = r#"{"eventID":"e4","eventTime":"2024-01-31T20:00:00Z","bizStep":"shipping"}"#;
    assert_eq!(fate(event), "kind missing <>");
    let graph = format!(r#"{{"@context":"x","@graph":[{event}]}}"#);
    assert_eq!(fate(&graph), "kind missing <>");
}

#[test]
fn quantities_are_taken_as_they_are_written() {
    for (number, expected) in [
        ("0.100000000000000005", "S insert e4 0.100000000000000005"),
        ("12345678.123456789012", "S insert e4 12345678.123456789012"),
        ("25.50", "S insert e4 25.50"),
        ("1E2", "S insert e4 1e+2"),
        ("1e400", "amount amount_too_large <1e+400>"),
        ("-5", "amount amount_negative <-5>"),
    ] {
        let list = format!(r#"{{"epcClass":"acetone","quantity":{number},"uom":"KGM"}}"#);
        let text = json("{}").replace(r#"{"epcClass":"acetone","quantity":5,"uom":"KGM"}"#, &list);
        assert_eq!(fate(&text), expected);
    }
}

#[test]
fn an_event_whose_lines_cannot_all_be_numbered_is_set_aside_whole() {
    let two = r#""quantityList":[{"epcClass":"acetone","quantity":1,"uom":"KGM"},{"epcClass":"acetone","quantity":2,"uom":"KGM"}]"#;
    let (fits, long) = ("x".repeat(253), "x".repeat(254));
    let shown = "x".repeat(80);
    for (id, expected) in [
        (
            fits.as_str(),
            format!("S insert {fits} 1; S insert {fits}{{2}} 2"),
        ),
        (
            long.as_str(),
            vec![format!("line_id text_too_long <{shown}>"); 2].join("; "),
        ),
        ("e4#2", "S insert e4#2 1; S insert e4#2{2} 2".to_owned()),
        ("e4{2}", ["line_id event_id_reserved <e4{2}>"; 2].join("; ")),
    ] {
        let text = json(&format!(r#"{{"eventID":"{id}",{two}}}"#));
        assert_eq!(fate(&text), expected);
    }
    let declared = json(r#"{"eventID":"e4{2}","errorDeclaration":{}}"#);
    assert_eq!(fate(&declared), "corrects event_id_reserved <e4{2}>");
}

#[test]
fn an_event_of_too_many_quantities() {
    let limit = crate::limits::MAX_PER_EVENT;
    let list = vec!["{}"; limit + 1].join(",");
    let text = json(&format!(r#"{{"quantityList":[{list}]}}"#));
    let result = run(text.as_bytes(), "e.json").map(|_| ());
    assert_eq!(result, Err(FileIssue::EventTooMany { limit }));
}

#[test]
fn bare_events_and_items() {
    let json = r#"{"@context":"x","type":"ObjectEvent","eventTime":"2024-01-31T20:00:00Z","eventTimeZoneOffset":"+00:00","epcList":["a","b"],"bizStep":"shipping","readPoint":{"id":"P"}}"#;
    let (c, _) = run(json.as_bytes(), "e.json").unwrap();
    assert_eq!(c.issues(), [(1, "amount", "unit_not_mass")]);
    assert_eq!(c.aside[0].issues[0].found, "2 items");
}

#[test]
fn hostile_documents() {
    let deep = format!("<EPCISDocument>{}", "<a>".repeat(1000));
    let nested = format!(
        "{{\"type\":\"EPCISDocument\",\"epcisBody\":{}",
        "[".repeat(1000)
    );
    for (bytes, code) in [
        (
            "<!DOCTYPE x [<!ENTITY a \"b\">]><EPCISDocument>&a;</EPCISDocument>",
            "entities_refused",
        ),
        ("<EPCISDocument>&a;</EPCISDocument>", "damaged"),
        ("<EPCISDocument><EPCISBody>", "damaged"),
        ("<EPCISDocument></b>", "damaged"),
        (deep.as_str(), "too_deep"),
        ("{\"type\":\"EPCISDocument\",", "damaged"),
        (nested.as_str(), "too_deep"),
    ] {
        assert_eq!(
            run(bytes.as_bytes(), "e").err().map(|e| e.code()),
            Some(code),
            "{}",
            &bytes[..40.min(bytes.len())]
        );
    }
}

#[test]
fn an_event_without_end_is_refused_in_constant_memory() {
    use std::io::{BufReader, Read};
    for head in [
        "<EPCISDocument><EventList><ObjectEvent><eventID>",
        "{\"type\":\"EPCISDocument\",\"x\":\"",
    ] {
        let detection = crate::sniff(head.as_bytes(), "e").unwrap();
        let mut input = BufReader::new(head.as_bytes().chain(std::io::repeat(b'x').take(1 << 27)));
        let result = crate::read(
            crate::Input::Stream(&mut input),
            "e",
            &detection,
            &crate::testing::options(),
            &mut Collect::default(),
            &mut |_| {},
        );
        assert_eq!(
            result.err(),
            Some(FileIssue::TooLarge {
                limit: crate::limits::MAX_EVENT
            })
        );
    }
}

#[test]
fn an_identity_number_refuses_the_event() {
    let text = XML
        .replace("STEP", "shipping")
        .replace("ERROR", "")
        .replace(">PO1<", ">x<")
        .replace("A&amp;B", "11010519491231002X");
    let (c, summary) = run(text.as_bytes(), "e.xml").unwrap();
    assert_eq!((summary.refused_rows, c.taken.len()), (1, 0));
    assert!(c.aside.iter().all(|a| a.cells.is_empty()));
    // In extensions, and in documents around the events, too.
    for text in [
        XML.replace("STEP", "packing").replace("ERROR", "<x:who>11010519491231002X</x:who>"),
        XML.replace("STEP", "packing").replace("ERROR", "<x:who id='11010519491231002X'/>"),
        "{\"type\":\"ObjectEvent\",\"bizStep\":\"packing\",\"x:who\":[{\"a\":\"11010519491231002X\"}]}".to_owned(),
        "{\"type\":\"EPCISDocument\",\"sender\":\"11010519491231002X\",\"epcisBody\":{\"eventList\":[]}}".to_owned(),
    ] {
        let (c, summary) = run(text.as_bytes(), "e").unwrap();
        assert_eq!((summary.refused_rows, c.taken.len()), (1, 0), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn broken_documents_never_panic(cut in 0usize..2000, at in 0usize..2000, byte in proptest::num::u8::ANY) {
        let mut bytes = XML.replace("STEP", "shipping").replace("ERROR", "").into_bytes();
        bytes.truncate(cut.max(80));
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = run(&bytes, "e.xml");
    }
}
