//! Backups as their user meets them: taken, tried, restored, broken; beside a server; killed in the middle.

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use common::Story;
use weighbridge_web::users::{UserError, Users};

fn lang(story: &Story, lang: &str, args: &str) -> String {
    story.run(&format!("{args} --lang {lang}")).said()
}

#[test]
fn from_a_backup_to_an_account_that_goes_on() {
    for code in ["en", "zh"] {
        let story = Story::imported();
        let run = |args: &str| lang(&story, code, args);
        let mut said = vec![
            run("backup account b.tar"),
            run("backup account b.tar"),
            run("backup account account/b.tar"),
            run("backup account without.tar --without-secrets"),
            run("restore b.tar"),
            run("restore b.tar account"),
            run("restore b.tar back"),
            run("import back sender.csv"),
            run("restore back"),
            run("restore back --seen holders.csv"),
            run("restore back --seen 3"),
            run("import back sender.csv"),
            run("restore b.tar old --seen 9"),
            run("import old sender.csv"),
            run("verify back"),
        ];
        let whole = std::fs::read(story.path("b.tar")).unwrap();
        story.write("cut.tar", &whole[..whole.len() - 7]);
        said.push(run("restore cut.tar new"));
        let mut flipped = whole.clone();
        flipped[600] ^= 4;
        story.write("flipped.tar", &flipped);
        said.push(run("restore flipped.tar new"));
        said.push(run("restore holders.csv --check"));
        assert!(!story.path("new").exists());
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("backup_{code}"), said.join("\n"));
        });
    }
}

#[test]
fn a_drill_says_what_was_looked_at() {
    let story = Story::imported();
    story.run("backup account b.tar").good();
    let drill = story.run("restore b.tar --check").good();
    for told in ["each with its SHA-256", "Nothing is wrong", "went well"] {
        assert!(drill.out().contains(told), "{told}: {}", drill.out());
    }
    let json = story.run("restore b.tar --check --json").good().json();
    let backed = story.run("backup account c.tar --json").good().json();
    for field in ["origin", "entries", "root", "signed", "files", "originals"] {
        assert_eq!(json[field], backed[field], "{field}");
    }
    assert_eq!(
        (&json["ok"], &json["verify"]["ok"]),
        (&true.into(), &true.into())
    );
    let json = story.run("restore b.tar back --json").good().json();
    assert_eq!(json["hindrance"], "unconfirmed");
    let json = story.run("restore back --seen 1 --json").good().json();
    assert!(json["hindrance"].is_null(), "{json}");
    // What was damaged before it was backed up is found by the drill, and by nothing before it.
    let original = std::fs::read_dir(story.path("account/blobs"))
        .unwrap()
        .next();
    std::fs::write(original.unwrap().unwrap().path(), b"rotten").unwrap();
    story.run("backup account rotten.tar").good();
    let drill = story.run("restore rotten.tar --check");
    assert_eq!(drill.code(), 1);
    assert!(drill.out().contains("The drill failed"), "{}", drill.out());
    assert_eq!(hidden(&story), Vec::<String>::new());
}

/// What was left aside in the folder of a story.
fn hidden(story: &Story) -> Vec<String> {
    let all = std::fs::read_dir(story.path("")).unwrap();
    let names = all.map(|file| file.unwrap().file_name().into_string().unwrap());
    names
        .filter(|n| n.starts_with('.') || n.contains(".new"))
        .collect()
}

fn start(story: &Story, args: &str) -> Child {
    common::program(&story.path(""))
        .args(args.split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_backup_beside_a_server_has_its_users() {
    let story = Story::imported();
    let mut server = start(&story, "serve account --listen 127.0.0.1:0");
    let mut out = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let backup = story.run("backup account b.tar --json");
    let drill = story.run("restore b.tar --check");
    server.kill().unwrap();
    server.wait().unwrap();
    backup.good();
    drill.good();
    story.run("restore b.tar back").good();
    let users = Users::open(&story.path("back")).unwrap().all().unwrap();
    assert_eq!(users.len(), 1, "{line}");
}

#[test]
fn users_of_a_newer_program_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Users::open(folder.path()).unwrap());
    drop(Users::open(folder.path()).unwrap());
    let path = folder.path().join("users.sqlite");
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute_batch("PRAGMA user_version = 2").unwrap();
    drop(database);
    let found = Users::open(folder.path()).err();
    assert!(matches!(found, Some(UserError::TooNew(2))), "{found:?}");
}

#[test]
fn killed_in_the_middle_there_is_all_or_nothing() {
    let story = Story::imported();
    let killed = |args: &str, after: u64| {
        let mut child = start(&story, args);
        std::thread::sleep(Duration::from_micros(after));
        // Killing one that has just ended is an error that does not matter.
        let _ = child.kill();
        child.wait().unwrap();
    };
    let (mut backups, mut folders) = (0, 0);
    for step in 0..40 {
        let _ = std::fs::remove_file(story.path("b.tar"));
        killed("backup account b.tar", step * 1_500);
        if story.path("b.tar").exists() {
            backups += 1;
            story.run("restore b.tar --check").good();
        } else {
            story.run("backup account b.tar").good();
        }
        let _ = std::fs::remove_dir_all(story.path("back"));
        killed("restore b.tar back", step * 1_500);
        if story.path("back").exists() {
            folders += 1;
        } else {
            story.run("restore b.tar back").good();
        }
        story.run("verify back").good();
        let ran = story.run("import back sender.csv");
        assert!(
            ran.err().contains("nobody has said"),
            "{step}: {}",
            ran.err()
        );
    }
    assert!(backups < 40 && folders < 40, "nothing was killed in time");
    std::fs::remove_file(story.path("b.tar")).unwrap();
    std::fs::remove_dir_all(story.path("back")).unwrap();
    story.run("backup account b.tar").good();
    story.run("restore b.tar back").good();
    assert_eq!(hidden(&story), Vec::<String>::new());
}
