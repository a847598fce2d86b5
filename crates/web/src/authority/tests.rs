//! The authority over its years: made once, for some names, and no longer than it is good.

use super::*;
use crate::tls::{Identity, Notice, Tls, Validity};

/// 2026-03-01.
const NOW: i64 = 1_772_323_200_000_000;
const DAY: i64 = 86_400_000_000;

fn names(asked: &[&str], found: &[&str]) -> Names {
    let parse = |all: &[&str]| all.iter().map(|n| Name::parse(n).unwrap()).collect();
    Names {
        asked: parse(asked),
        found: parse(found),
    }
}

#[test]
fn names_are_names_or_addresses() {
    for (text, want) in [
        ("Scale-1.Lan", Some("scale-1.lan")),
        ("192.168.1.20", Some("192.168.1.20")),
        ("FD00::1", Some("fd00::1")),
        ("", None),
        ("*.lan", None),
        ("a b", None),
        ("https://a.lan", None),
        ("a.lan:8443", None),
        ("地衡.lan", None),
    ] {
        let name = Name::parse(text).map(|n| n.to_string());
        assert_eq!(name.as_deref(), want, "{text}");
    }
}

#[test]
fn made_once_and_for_its_names_only() {
    let folder = tempfile::tempdir().unwrap();
    let first = names(&["weighbridge.example.cn", "202.96.0.9"], &["scales"]);
    let (made, vouched) = Authority::open(folder.path(), &first, NOW).unwrap();
    let vouched: Vec<String> = vouched.iter().map(Name::to_string).collect();
    assert_eq!(vouched, ["weighbridge.example.cn", "202.96.0.9", "scales"]);
    assert_eq!(made.fingerprint().len(), 32 * 3 - 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join(KEY))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    for (name, want) in [
        ("localhost", true),
        ("other.lan", true),
        ("a.b.internal", true),
        ("10.200.1.1", true),
        ("192.168.7.7", true),
        ("fd12::5", true),
        ("sub.weighbridge.example.cn", true),
        ("example.cn", false),
        ("bank.example", false),
        ("notlan", false),
        ("202.96.0.10", false),
        ("8.8.8.8", false),
        ("2001:db8::1", false),
    ] {
        let asked = Authority::open(folder.path(), &names(&[name], &[]), NOW);
        let said = match &asked {
            Ok((again, vouched)) => {
                assert_eq!(again.fingerprint(), made.fingerprint());
                assert_eq!(vouched.len(), 1);
                true
            }
            Err(trouble) => {
                assert_eq!(trouble.code(), "authority_name", "{name}");
                false
            }
        };
        assert_eq!(said, want, "{name}");
        // What the computer says of itself is left out instead.
        let (_, found) = Authority::open(folder.path(), &names(&[], &[name]), NOW).unwrap();
        assert_eq!(found.len(), usize::from(want), "{name}");
    }
}

#[test]
fn a_server_is_vouched_for_anew_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let open = |now| Authority::open(folder.path(), &names(&["localhost"], &[]), now);
    let (authority, names) = open(NOW).unwrap();
    let authority = Box::new(authority);
    let tls = Tls::new(Identity::Local { authority, names }, NOW).unwrap();
    let until = |tls: &Tls, now| match tls.validity(now) {
        Validity::Until(date) => date.minus(day(now)),
        other => panic!("{other:?}"),
    };
    let mut renewed = Vec::new();
    // Every day until the authority's own end.
    for days in 0..i64::from(AUTHORITY_DAYS) {
        let now = NOW + days * DAY;
        if let Some(notice) = tls.look(now) {
            assert!(matches!(notice, Notice::Changed(_)), "{notice:?}");
            renewed.push(days);
        }
        let left = until(&tls, now);
        assert!((1..=SERVER_DAYS).contains(&left), "{days}: {left}");
        let near_end = i64::from(AUTHORITY_DAYS) - days < 31;
        assert!(left > 29 || near_end, "{days}: {left}");
    }
    assert_eq!(renewed.first(), Some(&60));
    assert!(renewed.len() < 70, "{}", renewed.len());
    let ended = open(NOW + i64::from(AUTHORITY_DAYS) * DAY).unwrap_err();
    assert_eq!(ended.code(), "authority_ended");
}

#[test]
fn what_is_wrong_with_the_two_files_is_said() {
    let other = tempfile::tempdir().unwrap();
    Authority::open(other.path(), &Names::default(), NOW).unwrap();
    let foreign = std::fs::read(other.path().join(KEY)).unwrap();
    for (file, bytes, want) in [
        (KEY, None, "authority_key_absent"),
        (KEY, Some(&b"x"[..]), "authority_damaged"),
        (KEY, Some(&foreign), "authority_damaged"),
        (CERTIFICATE, Some(b""), "authority_damaged"),
        // Without its certificate nobody can have trusted it: it is made anew.
        (CERTIFICATE, None, "made"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let open = || Authority::open(folder.path(), &Names::default(), NOW);
        open().unwrap();
        let path = folder.path().join(file);
        match bytes {
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let said = match open() {
            Ok(_) => "made",
            Err(trouble) => trouble.code(),
        };
        assert_eq!(said, want, "{file}");
    }
}
