//! Backups: taken beside a writer, restored, broken in every way, and what a restored journal may sign.

use std::path::{Path, PathBuf};

use tar::EntryType::{self, Link, Regular, Symlink};
use weighbridge_account::account::RowName;
use weighbridge_account::backup::{self, Made, Secrets};
use weighbridge_account::blobs::{Blobs, hex};
use weighbridge_account::input::Incoming;
use weighbridge_account::recount::recount;
use weighbridge_account::restore::{self, Restored, Seen};
use weighbridge_account::{Account, How, Keep, Trouble, Who, originals};
use weighbridge_books::queries::{About, By, Question, Step};
use weighbridge_journal::{Journal, Signer, SqliteStore};

const HEAD: &str = "reporter,site,kind,date,substance,amount,unit,counterparty,document\n";
const MADE: Made<'_> = Made {
    program: "test",
    now_us: 1_763_800_000_000_000,
};
/// An account as the first version of this program with backups wrote it; see SOURCE.txt.
const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixture/account_v1.tar");
/// Root of the journal in the fixture.
const FIXTURE_ROOT: &str = "c8737eec356307387858649ffa0b9c5a1f8e0f6a027d7e07b31c4b2a0d91feb1";

type Files = Vec<(String, Vec<u8>)>;

fn how() -> How {
    How {
        who: Who::default(),
        key: None,
        agent: None,
        reporter: None,
        learn: true,
        keep: Keep::Blobs,
    }
}

/// Sends a file with one line in it and gives its receipt.
fn send(account: &mut Account<SqliteStore>, n: u64) -> PathBuf {
    let amount = n + 1;
    let text = format!("{HEAD}A,S,dispatch,2025-01-11,acetone,{amount}.5,kg,B,D-{n}\n");
    let incoming = Incoming::held(&format!("{n}.csv"), text.into_bytes());
    let at = MADE.now_us + i64::try_from(n).unwrap();
    account.at(at).unwrap();
    account.import(&incoming, &how(), &mut |_| {}).unwrap();
    account.commit().unwrap();
    account.sign().unwrap();
    let last = account.journal().head().size - 1;
    account.give_receipt(last).unwrap().0
}

fn account(folder: &Path, files: u64) -> Account<SqliteStore> {
    let mut account = Account::create(folder, "example.org/backup", "test").unwrap();
    for n in 0..files {
        send(&mut account, n);
    }
    account
}

fn open(folder: &Path) -> Result<Account<SqliteStore>, Trouble> {
    Account::open(folder, "test", &mut |_, _| {})
}

fn restored(file: &Path, dir: &Path, seen: &[Seen]) -> Result<Restored, Trouble> {
    restore::restore(file, dir, seen, "test", &mut |_, _| {})
}

fn written(folder: &Path, file: &Path) -> backup::Manifest {
    backup::write(folder, file, Secrets::With, MADE, &mut |_, _| {}).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = (std::fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Everything that `verify` looks at: entries, and originals that are whole and erased.
#[track_caller]
fn verified(folder: &Path) -> (u64, u64, u64) {
    let journal = Journal::open(SqliteStore::open_read(folder).unwrap()).unwrap();
    let store = journal.store();
    let report = weighbridge_journal::verify(store, journal.verifier(), &mut |_, _| {});
    assert!(report.ok(), "{:?}", report.faults);
    let counted = recount(store, &mut |_| {});
    assert_eq!(counted.faults, []);
    let blobs = Blobs::of(folder);
    let kept = originals::check(store, &blobs, &counted.kept, &mut |_| {});
    assert_eq!(kept.faults, []);
    (report.entries, kept.checked, kept.erased)
}

#[test]
fn a_backup_taken_beside_a_writer_is_whole() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("account");
    let mut account = account(&folder, 1);
    let mut sizes = Vec::new();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 1..60 {
                send(&mut account, n);
            }
        });
        for n in 0.. {
            let last = writer.is_finished();
            let file = base.path().join(format!("{n}.tar"));
            let manifest = written(&folder, &file);
            let dir = base.path().join(format!("restored-{n}"));
            let seen = [Seen::Size(manifest.entries)];
            let restored = restored(&file, &dir, &seen).unwrap();
            assert_eq!((&restored.manifest, restored.hindrance), (&manifest, None));
            let (entries, checked, erased) = verified(&dir);
            assert_eq!((entries, erased), (manifest.entries, 0));
            assert_eq!(checked, manifest.count("blobs") as u64);
            send(&mut open(&dir).unwrap(), 1_000);
            sizes.push(entries);
            if last {
                break;
            }
        }
    });
    assert!(sizes.is_sorted() && sizes.len() > 1, "{sizes:?}");
    assert_eq!(sizes.last(), Some(&account.journal().head().size));
    let aside = |name: &String| name.contains(".new") || name.starts_with('.');
    assert!(!names(base.path()).iter().any(aside));
}

#[test]
fn what_was_erased_is_told_and_what_nobody_names_is_left_out() {
    let base = tempfile::tempdir().unwrap();
    let (folder, file) = (base.path().join("account"), base.path().join("b.tar"));
    drop(account(&folder, 3));
    let blobs = Blobs::of(&folder);
    let (erased, _) = blobs.list()[0];
    std::fs::remove_file(blobs.path(&erased)).unwrap();
    blobs.put(&mut b"named by nobody".as_slice()).unwrap();
    let manifest = written(&folder, &file);
    assert_eq!(manifest.erased, [hex(&erased)]);
    assert_eq!(
        (manifest.count("blobs"), manifest.count("receipts")),
        (2, 3)
    );
    let dir = base.path().join("r");
    restored(&file, &dir, &[]).unwrap();
    assert_eq!(verified(&dir).2, 1);
}

#[test]
fn words_of_queries_and_the_own_authority_are_in_it() {
    let base = tempfile::tempdir().unwrap();
    let (folder, file) = (base.path().join("account"), base.path().join("b.tar"));
    let mut account = account(&folder, 1);
    account.at(MADE.now_us + 1_000_000).unwrap();
    let asked = Step::Asked {
        holder: account.books().registry.by_code("A").unwrap(),
        about: About::Holder,
        question: Question::Other,
        due: "2025-12-24".parse().unwrap(),
    };
    let asked = account.ask(&Who::default(), (By::Authority, asked), "Since when?");
    let query = asked.unwrap().unwrap();
    account.commit().unwrap();
    account.sign().unwrap();
    drop(account);
    for name in ["authority.crt", "authority.key"] {
        std::fs::write(folder.join(name), name).unwrap();
    }
    written(&folder, &file);
    let dir = base.path().join("r");
    restored(&file, &dir, &[]).unwrap();
    let back = Account::open_read(&dir, None, &mut |_, _| {}).unwrap();
    assert_eq!(back.words(query).as_deref(), Some("Since when?"));
    let key = std::fs::read(dir.join("authority.key")).unwrap();
    assert_eq!(key, b"authority.key");
    let without = base.path().join("without.tar");
    let manifest = backup::write(&folder, &without, Secrets::Without, MADE, &mut |_, _| {});
    assert_eq!(manifest.unwrap().count("authority"), 1);
}

#[test]
fn nothing_is_replaced_and_only_the_owner_reads() {
    let base = tempfile::tempdir().unwrap();
    let (folder, file) = (base.path().join("account"), base.path().join("b.tar"));
    drop(account(&folder, 1));
    std::fs::write(&file, b"somebody's").unwrap();
    let found = backup::write(&folder, &file, Secrets::With, MADE, &mut |_, _| {});
    assert_eq!(found.unwrap_err().code(), "file_there");
    assert_eq!(std::fs::read(&file).unwrap(), b"somebody's");
    std::fs::remove_file(&file).unwrap();
    // As a program leaves it that is killed when its file has both names.
    let (old, aside) = (base.path().join("old.tar"), base.path().join("b.tar.new"));
    let entries = written(&folder, &old).entries;
    let bytes = std::fs::read(&old).unwrap();
    std::fs::hard_link(&old, &aside).unwrap();
    written(&folder, &file);
    assert!(std::fs::read(&old).unwrap() == bytes && !aside.exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let dir = base.path().join("r");
        restored(&file, &dir, &[]).unwrap();
        let key = dir.join("weighbridge.key");
        assert_eq!((mode(&file), mode(&dir), mode(&key)), (0o600, 0o700, 0o600));
    }
    let without = base.path().join("without.tar");
    let manifest = backup::write(&folder, &without, Secrets::Without, MADE, &mut |_, _| {});
    let secret = |name: &str| ["weighbridge.key", "users.sqlite"].contains(&name);
    assert!(!(manifest.unwrap().members.iter()).any(|m| secret(&m.name)));
    let dir = base.path().join("without");
    restored(&without, &dir, &[Seen::Size(entries)]).unwrap();
    assert_eq!(open(&dir).err().unwrap().code(), "key_missing");
    let full = base.path().join("full");
    std::fs::create_dir(&full).unwrap();
    std::fs::write(full.join("mine"), b"").unwrap();
    let found = restored(&file, &full, &[]);
    assert_eq!(found.unwrap_err().code(), "folder_not_empty");
}

/// The files of a container.
fn unpacked(bytes: &[u8]) -> Files {
    let mut archive = tar::Archive::new(bytes);
    let mut files = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        files.push((name, content));
    }
    files
}

fn packed(files: &Files) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in files {
        block(&mut bytes, name, Regular, content.len() as u64);
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// A header with whatever name, as a hostile program writes it.
fn block(bytes: &mut Vec<u8>, name: &str, kind: EntryType, size: u64) {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    bytes.extend(header.as_bytes());
}

/// As [`packed`], under a manifest that was changed and its right seal.
fn sealed(mut files: Files, change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let at = files.len() - 2;
    let mut manifest = serde_json::from_slice(&files[at].1).unwrap();
    change(&mut manifest);
    files[at].1 = serde_json::to_vec(&manifest).unwrap();
    let hash = hex(&weighbridge_journal::sha256(&files[at].1));
    files[at + 1].1 = format!("{hash}  manifest.json\n").into_bytes();
    packed(&files)
}

/// A file with a key of somebody else in it, listed as it should be.
fn other_key(mut files: Files) -> Vec<u8> {
    let signer = Signer::from_seed("example.org/backup", &[7; 32]).unwrap();
    let key = format!("{}\n", signer.to_secret_text()).into_bytes();
    let (bytes, hash) = (key.len(), hex(&weighbridge_journal::sha256(&key)));
    files[1].1 = key;
    sealed(files, |m| {
        m["members"][1]["sha256"] = hash.into();
        m["members"][1]["bytes"] = bytes.into();
    })
}

/// What is no backup of this account, by what was done to it, and the code of the trouble.
fn broken(good: &[u8], files: &Files) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let journal = 512 + files[0].1.len();
    let between = |at: usize, name: &str, kind, size| {
        let mut bytes = good[..at].to_vec();
        block(&mut bytes, name, kind, size);
        bytes.extend(&good[at..]);
        bytes
    };
    let second = |name: &str, kind, size| between(journal, name, kind, size);
    let edited = |edit: &dyn Fn(&mut Files)| {
        let mut files = files.clone();
        edit(&mut files);
        packed(&files)
    };
    let last = files.len() - 1;
    let stray = (format!("blobs/{}", "f".repeat(64)), b"x".to_vec());
    let key = "weighbridge.key";
    vec![
        ("nothing", Vec::new(), "backup_not_one"),
        ("a text", b"entry,amount\n".repeat(99), "backup_not_one"),
        ("zeros", vec![0; 4096], "backup_not_one"),
        ("a database", files[0].1.clone(), "backup_not_one"),
        ("half", good[..good.len() / 2].to_vec(), "backup_truncated"),
        (
            "a byte short",
            good[..good.len() - 1].to_vec(),
            "backup_truncated",
        ),
        (
            "no end",
            good[..good.len() - 1024].to_vec(),
            "backup_truncated",
        ),
        ("more behind", [good, b"more"].concat(), "backup_fill"),
        (
            "up and away first",
            between(0, "../evil", Regular, 0),
            "backup_name",
        ),
        ("up and away", second("../evil", Regular, 0), "backup_name"),
        (
            "up and down",
            second("blobs/../../evil", Regular, 0),
            "backup_name",
        ),
        ("absolute", second("/evil", Regular, 0), "backup_name"),
        (
            "another file",
            second("checkpoint", Regular, 0),
            "backup_name",
        ),
        ("a link", second(key, Symlink, 0), "backup_header"),
        ("a hard link", second(key, Link, 0), "backup_header"),
        (
            "beyond the file",
            second(key, Regular, 1 << 33),
            "backup_truncated",
        ),
        (
            "beyond all",
            second(key, Regular, u64::MAX),
            "backup_truncated",
        ),
        ("out of order", edited(&|f| f.swap(1, 2)), "backup_order"),
        (
            "twice",
            edited(&|f| f.insert(1, f[1].clone())),
            "backup_order",
        ),
        (
            "not listed",
            edited(&|f| f.insert(last - 1, stray.clone())),
            "backup_unlisted",
        ),
        (
            "not there",
            edited(&|f| drop(f.remove(3))),
            "backup_missing",
        ),
        (
            "no journal",
            edited(&|f| drop(f.remove(0))),
            "backup_not_one",
        ),
        (
            "no manifest",
            edited(&|f| drop(f.remove(last - 1))),
            "backup_manifest",
        ),
        (
            "no seal",
            edited(&|f| drop(f.remove(last))),
            "backup_manifest",
        ),
        (
            "newer",
            sealed(files.clone(), |m| m["version"] = 2.into()),
            "backup_too_new",
        ),
        (
            "another form",
            sealed(files.clone(), |m| m["format"] = "x".into()),
            "backup_manifest",
        ),
        (
            "another size",
            sealed(files.clone(), |m| m["entries"] = 1.into()),
            "backup_contents",
        ),
        ("another key", other_key(files.clone()), "backup_contents"),
    ]
}

#[test]
fn a_file_that_is_not_the_one_written_restores_nothing() {
    let base = tempfile::tempdir().unwrap();
    let (folder, file) = (base.path().join("account"), base.path().join("b.tar"));
    drop(account(&folder, 2));
    written(&folder, &file);
    let good = std::fs::read(&file).unwrap();
    let files = unpacked(&good);
    assert!(packed(&files) == good, "names and lengths make the form");
    let dir = base.path().join("r");
    for (what, bytes, code) in broken(&good, &files) {
        std::fs::write(&file, bytes).unwrap();
        let trouble = restored(&file, &dir, &[]).unwrap_err();
        assert_eq!(trouble.code(), code, "{what}: {trouble:?}");
        let checked = restore::drill(&file, "test", &mut |_, _| {}, |_, _| Ok(()));
        assert_eq!(checked.unwrap_err().code(), code, "{what}");
        assert_eq!(names(base.path()), ["account", "b.tar"], "{what}");
    }
    let journal = 512 + files[0].1.len();
    let places = (0..512).step_by(23).chain((512..journal).step_by(49_999));
    for at in places.chain((journal..good.len()).step_by(233)) {
        let mut flipped = good.clone();
        flipped[at] ^= 1 << (at % 8);
        std::fs::write(&file, flipped).unwrap();
        let trouble = restored(&file, &dir, &[]).unwrap_err();
        assert!(trouble.code().starts_with("backup_"), "{at}: {trouble:?}");
        assert_eq!(names(base.path()), ["account", "b.tar"], "{at}");
    }
}

#[test]
fn what_was_put_back_signs_only_what_contradicts_nothing() {
    let base = tempfile::tempdir().unwrap();
    let (folder, file) = (base.path().join("account"), base.path().join("b.tar"));
    let mut account = account(&folder, 2);
    let text = |path: &Path| Seen::in_text(&std::fs::read_to_string(path).unwrap()).unwrap();
    let early = text(&send(&mut account, 2));
    let size = written(&folder, &file).entries;
    let late = text(&send(&mut account, 3));
    let name: RowName = "2".parse().unwrap();
    let row = account.row_receipt(account.journal().head().size - 1, name);
    let row = Seen::in_text(&row.unwrap().to_string()).unwrap();
    let cases = [
        (vec![], Some("unconfirmed")),
        (vec![Seen::Size(size)], None),
        (vec![Seen::Size(0)], None),
        (vec![Seen::Size(size + 1)], Some("behind")),
        (vec![Seen::Size(size + 1), Seen::Size(size)], Some("behind")),
        (vec![early.clone()], None),
        (vec![late.clone()], Some("behind")),
        (vec![early, late.clone()], Some("behind")),
        (vec![row], Some("behind")),
    ];
    for (n, (seen, code)) in cases.into_iter().enumerate() {
        let dir = base.path().join(format!("r{n}"));
        let found = restored(&file, &dir, &seen).unwrap().hindrance;
        assert_eq!(found.as_ref().map(|e| e.code()), code, "{seen:?}");
        assert_eq!(open(&dir).err().map(|e| e.code()), code, "{seen:?}");
        verified(&dir);
        let mut journal = Journal::open(SqliteStore::open(&dir, "test").unwrap()).unwrap();
        let key = std::fs::read_to_string(dir.join("weighbridge.key")).unwrap();
        let signer = Signer::parse(key.trim()).unwrap();
        let appended = journal.append_batch(MADE.now_us, Vec::new()).err();
        assert_eq!(appended.map(|e| e.code()), code, "{seen:?}");
        let signed = journal.sign(&signer).err();
        assert_eq!(signed.map(|e| e.code()), code, "{seen:?}");
    }
    // Somebody was wrong: what turns up later stops it, however far it has gone.
    let dir = base.path().join("r0");
    let said = restore::confirm(&dir, &[Seen::Size(size)], "test").unwrap();
    assert_eq!(said, None);
    let found = restore::confirm(&dir, &[Seen::Size(size + 9)], "test");
    assert_eq!(found.unwrap_err().code(), "option_invalid");
    for n in 9..12 {
        send(&mut open(&dir).unwrap(), n);
    }
    let said = restore::confirm(&dir, &[late], "test").unwrap();
    assert_eq!(said.map(|e| e.code()), Some("behind"));
    assert_eq!(open(&dir).err().unwrap().code(), "behind");
    // Of another journal: nothing is restored.
    let mut other = Account::create(&base.path().join("other"), "example.org/other", "test");
    let other = text(&send(other.as_mut().unwrap(), 0));
    let dir = base.path().join("r");
    assert!(restored(&file, &dir, &[other]).is_err());
    assert!(!dir.exists());
    for none in ["", "a text", "12"] {
        assert_eq!(Seen::in_text(none), None);
    }
}

#[test]
fn an_account_of_the_first_version_opens_and_goes_on() {
    let base = tempfile::tempdir().unwrap();
    let dir = base.path().join("account");
    let manifest = restored(Path::new(FIXTURE), &dir, &[]).unwrap().manifest;
    let entries = manifest.entries;
    assert_eq!(manifest.root, FIXTURE_ROOT);
    assert_eq!(verified(&dir), (entries, 2, 0));
    let said = restore::confirm(&dir, &[Seen::Size(entries)], "test").unwrap();
    assert_eq!(said, None);
    let mut account = open(&dir).unwrap();
    account.settle();
    let lines = account.books().substances.lines();
    let told = lines.iter().map(|l| (l.date().to_string(), l.is_live()));
    let line = ("2025-01-11".to_owned(), true);
    assert_eq!(told.collect::<Vec<_>>(), [line.clone(), line]);
    let last = dir.join(format!("receipts/{:08}.receipt", entries - 1));
    let receipt = std::fs::read_to_string(last).unwrap();
    weighbridge_journal::receipt::verify(&receipt, account.journal().verifier()).unwrap();
    send(&mut account, 7);
    assert!(account.journal().head().size > entries);
}

/// Makes the fixture anew: only where a version is added, beside the ones that are there.
#[test]
#[ignore = "writes into the source tree"]
fn make_the_fixture() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("account");
    let signer = Signer::from_seed("example.org/fixture", &[1; 32]).unwrap();
    // Small pages make a small file.
    let store = SqliteStore::create_with(&folder, "test", 512).unwrap();
    drop(Journal::create(store, signer.name(), &signer.verifier()).unwrap());
    let write = |name: &str, text: String| {
        std::fs::write(folder.join(name), format!("{text}\n")).unwrap();
    };
    write("weighbridge.key", signer.to_secret_text());
    write("weighbridge.pub", signer.verifier().to_string());
    let mut account = open(&folder).unwrap();
    send(&mut account, 0);
    send(&mut account, 1);
    let manifest = written(&folder, Path::new(FIXTURE));
    panic!("FIXTURE_ROOT = {:?}", manifest.root);
}
