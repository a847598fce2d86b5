//! What is kept beside the journal and may be erased: `verify` finds every change, and counts what is gone.

mod common;

use std::path::PathBuf;

use common::Story;
use weighbridge::blobs::Blobs;
use weighbridge::originals::{self, Originals};
use weighbridge::recount::recount;
use weighbridge_journal::sqlite::DATABASE;
use weighbridge_journal::{Journal, Place, SqliteStore, Store, verify};

/// An account with three originals, of which one has remarks.
fn account() -> Story {
    let story = Story::imported();
    story.write(
        "remarks.csv",
        "reporter,site,kind,date,substance,amount,unit,remark\n\
         ALPHA,A1,use,2025-02-03,acetone,1,kg,a valve was changed\n"
            .as_bytes(),
    );
    story.run("import account remarks.csv").good();
    story
}

fn blobs(story: &Story) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(story.path("account/blobs"))
        .unwrap()
        .map(|blob| blob.unwrap().path())
        .collect();
    all.sort();
    all
}

fn counts(story: &Story) -> (i32, serde_json::Value, serde_json::Value) {
    let ran = story.run("verify account --json");
    let json = ran.json();
    (
        ran.code(),
        json["originals"].clone(),
        json["faults"].clone(),
    )
}

fn of(checked: u64, erased: u64, damaged: u64) -> serde_json::Value {
    serde_json::json!({"checked": checked, "erased": erased, "damaged": damaged})
}

#[test]
fn a_changed_original_is_named_and_an_absent_one_is_counted() {
    let story = account();
    let all = blobs(&story);
    assert_eq!(counts(&story), (0, of(4, 0, 0), serde_json::json!([])));
    let mut named = Vec::new();
    for path in &all {
        let whole = std::fs::read(path).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            std::fs::write(path, &changed).unwrap();
            let (code, counted, faults) = counts(&story);
            assert_eq!((code, counted), (1, of(3, 0, 1)), "{faults}");
            let detail = faults[0]["detail"].as_str().unwrap();
            assert!(detail.contains(&*path.file_name().unwrap().to_string_lossy()));
            named.push((
                faults[0]["place"].as_str().unwrap().to_owned(),
                faults[0]["code"].as_str().unwrap().to_owned(),
                detail.split(' ').next().unwrap().to_owned(),
            ));
        }
        // Another blob in its place is no better.
        std::fs::write(
            path,
            std::fs::read(&all[usize::from(*path == all[0])]).unwrap(),
        )
        .unwrap();
        assert_eq!(counts(&story).1, of(3, 0, 1));
        std::fs::write(path, &whole).unwrap();
    }
    named.sort();
    named.dedup();
    let expected = [
        ("entry 1", "original_changed", "sender.csv"),
        ("entry 2", "original_changed", "receiver.csv"),
        ("entry 3", "original_changed", "remarks.csv"),
        ("entry 3", "remarks_changed", "remarks.csv"),
    ];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(named, expected);
    for (gone, path) in (1..).zip(&all) {
        std::fs::remove_file(path).unwrap();
        let expected = of(4 - gone, gone, 0);
        assert_eq!(counts(&story), (0, expected, serde_json::json!([])));
    }
    for lang in ["en", "zh"] {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("verify_erased_{lang}"), story.run(&format!("verify account --lang {lang}")).said());
        });
    }
}

#[cfg(unix)]
#[test]
fn an_original_that_cannot_be_read_is_named() {
    let story = account();
    let path = blobs(&story).swap_remove(0);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let (code, counted, faults) = counts(&story);
    assert_eq!((code, counted), (1, of(3, 0, 1)));
    assert_eq!(faults[0]["code"], "kept_unreadable", "{faults}");
    for lang in ["en", "zh"] {
        let said = story.run(&format!("verify account --lang {lang}")).said();
        assert!(!said.contains("kept_unreadable"), "{said}");
    }
}

#[test]
fn a_destroyed_key_is_counted() {
    let story = account();
    let mut store = SqliteStore::open(&story.path("account"), "test").unwrap();
    let names = store.meta_list().unwrap();
    let name = names
        .iter()
        .rfind(|p| p.name.starts_with("batch."))
        .unwrap();
    let mut note: serde_json::Value =
        serde_json::from_str(&store.meta_get(&name.name).unwrap().unwrap()).unwrap();
    note["3"]
        .as_object_mut()
        .unwrap()
        .remove("remarks")
        .unwrap();
    store.meta_put(&name.name, &note.to_string()).unwrap();
    drop(store);
    assert_eq!(counts(&story), (0, of(3, 1, 0), serde_json::json!([])));
}

/// What `verify` sees, without the program around it.
fn look(story: &Story) -> (Vec<Place>, Originals, Vec<String>) {
    let folder = story.path("account");
    let store = SqliteStore::open_read(&folder).unwrap();
    let public = std::fs::read_to_string(folder.join("weighbridge.pub")).unwrap();
    let key = weighbridge_journal::Verifier::parse(public.trim()).unwrap();
    let report = verify(&store, &key, &mut |_, _| {});
    let kept = recount(&store, &mut |_| {}).kept;
    let originals = originals::check(&store, &Blobs::of(&folder), &kept, &mut |_| {});
    let texts = (report.faults.iter()).map(|f| format!("{f:?}")).collect();
    drop(Journal::open(store));
    (
        report.faults.into_iter().map(|f| f.place).collect(),
        originals,
        texts,
    )
}

/// Every byte of every private note, in the database itself: the note is named, and nothing wrong is read out of it.
#[test]
fn every_flipped_byte_of_a_note_is_found() {
    let story = account();
    let folder = story.path("account");
    let mut store = SqliteStore::open(&folder, "test").unwrap();
    store.settle().unwrap();
    let notes: Vec<(String, String)> = (store.meta_list().unwrap().into_iter())
        .map(|p| (p.name.clone(), store.meta_get(&p.name).unwrap().unwrap()))
        .collect();
    drop(store);
    assert!(
        notes
            .iter()
            .filter(|(name, _)| name.starts_with("batch."))
            .count()
            == 2
    );
    let path = folder.join(DATABASE);
    let file = std::fs::read(&path).unwrap();
    for (name, value) in notes {
        let row = [name.as_bytes(), value.as_bytes()].concat();
        let start = file.windows(row.len()).position(|w| w == row).unwrap() + name.len();
        for at in start..start + value.len() {
            let mut changed = file.clone();
            changed[at] ^= 1 << (at % 8);
            std::fs::write(&path, &changed).unwrap();
            let (places, originals, texts) = look(&story);
            assert_eq!(places[0], Place::Private(name.clone()), "{at}: {texts:?}");
            let whole = originals.checked + originals.damaged;
            assert_eq!((whole, originals.erased), (4, 0), "{at}: {texts:?}");
        }
    }
    std::fs::write(&path, &file).unwrap();
    assert_eq!(look(&story).0, []);
}

#[test]
fn what_a_killed_import_left_half_written_is_removed() {
    let story = account();
    story.write("account/blobs/00ff.new", b"half a file");
    story.run("balances account").good();
    assert!(
        story.path("account/blobs/00ff.new").exists(),
        "a reader changes nothing"
    );
    story.run("import account sender.csv").good();
    assert!(!story.path("account/blobs/00ff.new").exists());
    assert_eq!(counts(&story).1, of(4, 0, 0));
}

#[test]
fn a_blob_that_no_entry_names_is_counted_and_stays() {
    let story = account();
    let unnamed = |n: u64, bytes: u64| serde_json::json!({"blobs": n, "bytes": bytes});
    let told = || story.run("verify account --json").good().json()["unnamed"].clone();
    assert_eq!(told(), unnamed(0, 0));
    let silent = story.run("verify account").good();
    assert!(!silent.out().contains("note:"), "{}", silent.out());
    // As a killed import leaves it: whole, and its key is lost.
    let put = Blobs::of(&story.path("account")).put(&mut b"sent".as_slice());
    let (left, _) = put.unwrap();
    let path = Blobs::of(&story.path("account")).path(&left.name);
    let size = std::fs::metadata(&path).unwrap().len();
    assert_eq!(told(), unnamed(1, size));
    let said = story.run("verify account").good();
    assert!(
        said.out().contains("note: 1 file in blobs"),
        "{}",
        said.out()
    );
    // The journal may have been put back from an older copy: the later one may name it.
    story.run("import account sender.csv").good();
    assert!(path.exists());
    let said = story.run("verify account --lang zh").good();
    assert!(
        said.out().contains("提示：blobs 中有 1 个文件"),
        "{}",
        said.out()
    );
}

#[test]
fn details_of_faults_are_in_the_language() {
    let story = account();
    let database = rusqlite::Connection::open(story.path("account").join(DATABASE)).unwrap();
    for (sql, en, zh) in [
        (
            "UPDATE entries SET body = zeroblob(length(body)) WHERE seq = 1",
            "its hash is another",
            "散列值不符",
        ),
        (
            "UPDATE entries SET header = zeroblob(3) WHERE seq = 0",
            "another type of value stands here",
            "值的类型不符",
        ),
        (
            "DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)",
            "4 entries are expected",
            "应有 4 条记录",
        ),
    ] {
        database.execute(sql, []).unwrap();
        for (lang, detail) in [("en", en), ("zh", zh)] {
            let ran = story.run(&format!("verify account --lang {lang}"));
            assert_eq!(ran.code(), 1, "{}", ran.said());
            assert!(ran.out().contains(detail), "{}", ran.out());
        }
    }
    let json = |lang| {
        story
            .run(&format!("verify account --json --lang {lang}"))
            .json()
    };
    assert_eq!(json("en")["faults"], json("zh")["faults"]);
}
