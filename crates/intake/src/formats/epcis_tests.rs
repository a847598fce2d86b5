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
            summary.notes.keys().any(|(code, _)| *code == "no_events"),
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
        [("delete", "urn:uuid:1"), ("delete", "urn:uuid:1#2")]
    );
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
