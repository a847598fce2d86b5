//! Files and folders that mean no good, or are just broken, through the program: each ends in a clear message and
//! exit code 1, and the account is as it was.

mod common;

use std::io::Write;

use common::Story;

const HEADER: &str = "reporter,site,kind,date,substance,amount,unit,counterparty,document,remark\n";

/// Imports a file into a fresh account and returns what was said; the account must be unchanged and sound.
fn refused(name: &str, bytes: &[u8], code: &str) {
    let story = Story::imported();
    story.write(name, bytes);
    let ran = story.run(&format!("import account {name} --json"));
    assert_eq!(ran.code(), 1, "{name}: {}{}", ran.out(), ran.err());
    assert_eq!(ran.json()["files"][0]["error"], code, "{}", ran.out());
    for lang in ["en", "zh"] {
        let ran = story.run(&format!("import account {name} --lang {lang}"));
        assert!(
            !ran.err().contains(&format!("file-{code}")),
            "no text for {code}: {}",
            ran.err()
        );
        assert!(ran.err().lines().count() >= 2, "{}", ran.err());
    }
    let verified = story.run("verify account --json").good().json();
    assert_eq!(verified["entries"], 3, "{name} left something");
    let checked = story.run(&format!("check {name} sender.csv --json"));
    assert_eq!(checked.code(), 1);
    assert_eq!(checked.json()["files"][0]["error"], code);
    assert_eq!(
        checked.json()["lines"]["read"],
        9,
        "the other file is still done"
    );
}

#[test]
fn an_empty_file() {
    refused("empty.csv", b"", "empty");
    refused("blank.csv", b"\n\n  \n\n", "empty");
}

#[test]
fn not_a_table() {
    refused(
        "picture.csv",
        &[
            0x89, b'P', b'N', b'G', 0, 0, 0, 1, 2, 3, 0, 0, 0xff, 0xfe, 0, 0,
        ],
        "not_text",
    );
    refused(
        "words.txt",
        b"Dear colleagues\nplease find attached.\n",
        "unknown_format",
    );
}

#[test]
fn columns_are_absent() {
    refused(
        "short.csv",
        b"reporter,date,amount\nALPHA,2025-01-01,5\n",
        "header_missing",
    );
}

#[test]
fn a_column_of_persons() {
    refused(
        "persons.csv",
        "填报单位,场所,业务类型,日期,品种,数量,单位,身份证号\n".as_bytes(),
        "person_column",
    );
}

#[test]
fn a_row_without_end() {
    let mut bytes = HEADER.as_bytes().to_vec();
    bytes.extend(b"ALPHA,A1,use,2025-01-05,acetone,1,kg,,,\"");
    bytes.extend(std::iter::repeat_n(b'x', 3 * 1024 * 1024));
    let story = Story::imported();
    story.write("long.csv", &bytes);
    let ran = story.run("import account long.csv --json");
    // Either the file is refused or its row is set aside; never booked.
    if ran.code() == 0 {
        assert_eq!(
            ran.json()["files"][0]["lines"]["accepted"],
            0,
            "{}",
            ran.out()
        );
    } else {
        assert_eq!(
            ran.json()["files"][0]["error"],
            "line_too_long",
            "{}",
            ran.out()
        );
    }
}

#[test]
fn a_workbook_that_unpacks_to_too_much() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    let block = vec![b'0'; 1024 * 1024];
    for _ in 0..64 {
        zip.write_all(&block).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 200_000);
    refused("bomb.xlsx", &bytes, "zip_bomb");
}

#[test]
fn a_broken_workbook() {
    let story = Story::imported();
    let mut old = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    old.extend(vec![0; 4096]);
    for (name, bytes) in [
        ("half.xlsx", b"PK\x03\x04 and nothing more".to_vec()),
        ("old.xls", old.clone()),
        ("wps.et", old),
    ] {
        story.write(name, &bytes);
        let ran = story.run(&format!("import account {name} --json"));
        assert_eq!(ran.code(), 1, "{name}: {}", ran.out());
        assert_eq!(ran.json()["files"][0]["state"], "refused");
    }
}

#[test]
fn an_identity_number_in_a_remark() {
    let story = Story::imported();
    // The region code is that of a test, the birthday lies in the future: nobody's number, but it looks like one.
    let number = "11010520991231002X";
    let rows = format!(
        "{HEADER}ALPHA,A1,use,2025-01-20,acetone,1,kg,,,taken by {number}\nALPHA,A1,use,2025-01-21,acetone,2,kg,,,fine\n"
    );
    story.write("remark.csv", rows.as_bytes());
    let ran = story.run("import account remark.csv --json").good().json();
    let file = &ran["files"][0];
    if file["lines"]["quarantined"] == 1 {
        assert_eq!(file["quarantine"][0]["code"], "identity_number");
        assert_eq!(file["quarantine"][0]["found"], "");
    }
    // Neither the journal nor anything beside it may hold the number.
    for path in walk(&story.path("account")) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            !bytes.windows(number.len()).any(|w| w == number.as_bytes()),
            "{} holds it",
            path.display()
        );
    }
}

#[test]
fn remarks_and_originals_are_not_in_the_clear() {
    let story = Story::imported();
    let remark = "the driver called twice about the seal";
    story.write(
        "r.csv",
        format!("{HEADER}ALPHA,A1,use,2025-01-20,acetone,1,kg,,,{remark}\n").as_bytes(),
    );
    story.run("import account r.csv").good();
    assert!(
        walk(&story.path("account/blobs")).len() >= 4,
        "originals and remarks are kept"
    );
    for path in walk(&story.path("account")) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            !bytes.windows(remark.len()).any(|w| w == remark.as_bytes()),
            "{} holds it",
            path.display()
        );
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_formula_is_not_executable_when_exported() {
    let story = Story::imported();
    let row = "ALPHA,A1,use,2025-01-20,acetone,1,kg,,=HYPERLINK(\"\"http://x\"\"),\n";
    story.write(
        "formula.csv",
        format!(
            "{HEADER}{}",
            row.replace(
                "=HYPERLINK(\"\"http://x\"\")",
                "\"=HYPERLINK(\"\"http://x\"\")\""
            )
        )
        .as_bytes(),
    );
    story.run("import account formula.csv").good();
    story
        .run("export account --what movements --out m.csv")
        .good();
    let text = std::fs::read_to_string(story.path("m.csv")).unwrap();
    let cell = text.find("=HYPERLINK").unwrap();
    assert_eq!(text.as_bytes()[cell - 1], b'\'', "{text}");
}

#[test]
fn folders_that_are_no_journals() {
    let story = Story::imported();
    std::fs::create_dir(story.path("plain")).unwrap();
    std::fs::create_dir(story.path("text")).unwrap();
    story.write(
        "text/journal.sqlite",
        b"this is not a database at all, and long enough to be read as one. "
            .repeat(20)
            .as_slice(),
    );
    for (dir, words) in [
        ("nowhere", "no account"),
        ("plain", "no account"),
        ("text", "not a journal"),
    ] {
        for command in ["balances", "verify"] {
            let ran = story.run(&format!("{command} {dir}"));
            assert_eq!(ran.code(), 1, "{command} {dir}: {}", ran.err());
            assert!(ran.err().contains(words), "{command} {dir}: {}", ran.err());
        }
    }
}

#[test]
fn a_journal_without_its_key_is_read_only() {
    let story = Story::imported();
    std::fs::remove_file(story.path("account/weighbridge.key")).unwrap();
    story.run("balances account").good();
    story.run("verify account").good();
    let ran = story.run("import account sender.csv");
    assert_eq!(ran.code(), 1);
    assert!(ran.err().contains("secret key is missing"), "{}", ran.err());
}

#[cfg(unix)]
#[test]
fn the_key_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let story = Story::imported();
    let mode = std::fs::metadata(story.path("account/weighbridge.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn flipped_bytes_are_found_and_named() {
    let story = Story::imported();
    let path = story.path("account/journal.sqlite");
    // The log holds what is not yet in the database; a copy of both is what gets damaged.
    let whole: Vec<u8> = std::fs::read(&path).unwrap();
    let at = whole
        .windows(5)
        .position(|w| w == b"ALPHA")
        .expect("a body in the clear");
    let mut changed = whole.clone();
    changed[at] ^= 0x01;
    std::fs::write(&path, &changed).unwrap();
    let ran = story.run("verify account --json");
    assert_eq!(ran.code(), 1, "{}{}", ran.out(), ran.err());
    assert_eq!(ran.json()["ok"], false);
    assert!(
        ran.json()["faults"][0]["place"]
            .as_str()
            .unwrap()
            .starts_with("entry "),
        "{}",
        ran.out()
    );
    std::fs::write(&path, &whole).unwrap();
    story.run("verify account").good();
}

#[cfg(unix)]
#[test]
fn a_full_disk_ends_in_a_message_and_a_journal_that_opens() {
    let story = Story::imported();
    let mut rows = HEADER.to_owned();
    for n in 0..20_000 {
        rows.push_str(&format!(
            "ALPHA,A1,use,2025-01-20,acetone,{n}.5,g,,U-{n},\n"
        ));
    }
    story.write("large.csv", rows.as_bytes());
    let before = story.run("balances account --json").good().out();
    // No file may grow beyond the limit, which the operating system reports like a full disk; the signal is ignored.
    for (blocks, originals) in [
        (0, "--no-originals"),
        (64, "--no-originals"),
        (300, "--no-originals"),
        (700, "--no-originals"),
        (64, ""),
        (700, ""),
    ] {
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" import account large.csv {originals}"
        );
        let output = std::process::Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_weighbridge")])
            .current_dir(story.path(""))
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{blocks}: {said}");
        assert!(said.contains("error:"), "{blocks}: {said}");
        assert_eq!(
            story.run("balances account --json").good().out(),
            before,
            "{blocks}"
        );
        story.run("verify account").good();
    }
    story.run("import account large.csv").good();
    story.run("verify account").good();
}

#[test]
fn the_second_program_is_told_who_holds_the_journal() {
    let story = Story::imported();
    let held =
        weighbridge_journal::SqliteStore::open(&story.path("account"), "weighbridge test").unwrap();
    let ran = story.run("import account sender.csv");
    assert_eq!(ran.code(), 1);
    assert!(
        ran.err().contains("weighbridge test, process "),
        "{}",
        ran.err()
    );
    // Readers are not kept out.
    story.run("balances account").good();
    drop(held);
    story.run("import account sender.csv").good();
}

#[test]
fn a_newer_journal_is_left_alone() {
    let story = Story::imported();
    let path = story.path("account/journal.sqlite");
    let mut bytes = std::fs::read(&path).unwrap();
    // The layout is the user version in the database's header, bytes 60 to 63.
    bytes[60..64].copy_from_slice(&99u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let ran = story.run("balances account");
    assert_eq!(ran.code(), 1);
    assert!(ran.err().contains("newer version"), "{}", ran.err());
}

#[test]
fn own_keys_and_conflicts() {
    let story = Story::imported();
    story.write(
        "one.csv",
        format!("{HEADER}ALPHA,A1,use,2025-01-20,acetone,1,kg,,,\n").as_bytes(),
    );
    story.write(
        "two.csv",
        format!("{HEADER}ALPHA,A1,use,2025-01-20,acetone,2,kg,,,\n").as_bytes(),
    );
    story.run("import account one.csv --key week-3").good();
    let again = story
        .run("import account one.csv --key week-3 --json")
        .good()
        .json();
    assert_eq!(again["files"][0]["state"], "already");
    let other = story.run("import account two.csv --key week-3 --json");
    assert_eq!(other.code(), 1);
    assert_eq!(other.json()["files"][0]["error"], "key_used");
    story
        .run("import account two.csv --key week-3 --organisation other")
        .good();
}

#[test]
fn standard_input_is_a_file() {
    use std::process::Stdio;
    let story = Story::new();
    let mut child = common::program(&story.path(""))
        .args(["check", "-", "receiver.csv", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(common::SENDER.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["lines"]["read"], 14);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    let story = Story::imported();
    let script = "\"$0\" movements account --json | head -c 10; echo";
    let output = std::process::Command::new("bash")
        .args([
            "-c",
            &format!("set -o pipefail; {script}"),
            env!("CARGO_BIN_EXE_weighbridge"),
        ])
        .current_dir(story.path(""))
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .lines()
            .all(|l| !l.contains("panic")),
        "{output:?}"
    );
}

#[test]
fn a_file_of_many_parts_is_one_submission() {
    let story = Story::imported();
    let mut rows = HEADER.to_owned();
    let n = 70_000;
    for i in 0..n {
        rows.push_str(&format!(
            "NEW-{},S,use,2025-01-20,acetone,1,g,,U-{i},\n",
            i / 40_000
        ));
    }
    story.write("many.csv", rows.as_bytes());
    let ran = story
        .run("import account many.csv --learn --json")
        .good()
        .json();
    let file = &ran["files"][0];
    assert_eq!(file["lines"]["accepted"], n);
    assert_eq!(file["entries"].as_array().unwrap().len(), 2);
    assert_eq!(file["receipts"].as_array().unwrap().len(), 2);
    let again = story.run("import account many.csv --json").good().json();
    assert_eq!(again["files"][0]["state"], "already");
    assert_eq!(again["files"][0]["receipts"], file["receipts"]);
    story.run("verify account").good();
    let last = file["entries"][1].as_u64().unwrap();
    let taken_back = story
        .run(&format!("withdraw account {last} --reason mistake --json"))
        .good()
        .json();
    assert_eq!(taken_back["withdrawn"], file["entries"][0]);
    let rest = story
        .run("movements account --holder NEW-0 --json")
        .good()
        .json();
    assert_eq!(rest.as_array().unwrap().len(), 0);
}

#[test]
fn a_refused_row_in_the_very_first_file() {
    let story = Story::new();
    story
        .run("init account --origin example.org/account")
        .good();
    let refused = format!(
        "{HEADER}ALPHA,A1,use,2025-01-05,acetone,1,kg,,,seen by 11010519491231002X\n\
         ALPHA,A1,use,2025-01-06,acetone,2,kg,,,\n"
    );
    story.write("first.csv", refused.as_bytes());
    let ran = story
        .run("import account first.csv sender.csv receiver.csv --learn --json")
        .good()
        .json();
    assert_eq!(ran["files"].as_array().unwrap().len(), 3);
    assert_eq!(
        ran["files"][0]["quarantine"][0]["code"], "identity_number",
        "{ran}"
    );
    assert_eq!(ran["files"][0]["lines"]["accepted"], 1);
    // Alone as well, where nothing is kept of anything.
    let alone = Story::new();
    alone
        .run("init account --origin example.org/account")
        .good();
    std::fs::remove_dir_all(alone.path("account/blobs")).unwrap();
    alone.write("first.csv", refused.as_bytes());
    alone.run("import account first.csv --learn").good();
    for s in [&story, &alone] {
        s.run("verify account").good();
    }
}

#[test]
fn check_says_what_is_wrong_and_nothing_else() {
    let story = Story::new();
    let ran = story.run("check sender.csv --holders sender.csv");
    assert_eq!(ran.code(), 1);
    assert!(ran.err().contains("was expected"), "{}", ran.err());
    for (name, text) in [("none.csv", HEADER), ("empty.csv", "")] {
        story.write(name, text.as_bytes());
        let ran = story.run(&format!("check {name}"));
        assert_eq!(ran.code(), 1, "{name}");
        assert!(!ran.out().contains("As of"), "{}", ran.out());
        assert!(ran.err().contains("error:"), "{}", ran.err());
    }
    story.write(
        "slip.csv",
        format!("{}ALPHA,A1,use,2025-12-01,acetone,1,kg,,,\n", {
            let rows: String = (1..=28)
                .map(|d| format!("ALPHA,A1,use,2025-01-{d:02},acetone,1,kg,,,\n"))
                .collect();
            format!("{HEADER}{}", rows.repeat(4))
        })
        .as_bytes(),
    );
    let ran = story.run("check slip.csv").good();
    assert!(ran.err().contains("slip.csv:114"), "{}", ran.err());
    assert!(
        !story
            .run("check slip.csv --as-of 2025-01-31")
            .good()
            .err()
            .contains("slip.csv:114")
    );
}
