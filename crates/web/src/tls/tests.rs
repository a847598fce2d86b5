//! What files of certificates come to.

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::*;

/// 2026-03-01.
const NOW: i64 = 1_772_323_200_000_000;

fn made(from: (i32, u8, u8), to: (i32, u8, u8)) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
    params.not_before = date_time_ymd(from.0, from.1, from.2);
    params.not_after = date_time_ymd(to.0, to.1, to.2);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn opened(certificate: &str, key: &str) -> Result<Tls, Trouble> {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["c.pem", "k.pem"].map(|n| folder.path().join(n));
    for (path, text) in paths.iter().zip([certificate, key]) {
        if text != "absent" {
            std::fs::write(path, text).unwrap();
        }
    }
    let [certificate, key] = paths;
    Tls::new(Identity::Files { certificate, key }, NOW)
}

#[test]
fn what_is_wrong_with_files_is_said() {
    let (certificate, key) = made((2026, 1, 1), (2026, 4, 1));
    let (_, other) = made((2026, 1, 1), (2026, 4, 1));
    let both = format!("{key}{certificate}");
    let damaged = certificate.replacen("MII", "AAA", 1);
    let encrypted = key.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let weak = key.replace("PRIVATE KEY", "RSA PRIVATE KEY");
    for (certificate, key, want) in [
        ("absent", key.as_str(), "c.pem path_not_found"),
        (&certificate, "absent", "k.pem path_not_found"),
        ("", &key, "c.pem certificate_absent"),
        (&key, &certificate, "c.pem certificate_absent"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA",
            &key,
            "c.pem certificate_damaged",
        ),
        (&damaged, &key, "c.pem certificate_damaged"),
        (&certificate, &certificate, "k.pem certificate_key_absent"),
        (&certificate, &encrypted, "k.pem certificate_key_absent"),
        (&certificate, &weak, "k.pem certificate_key_unusable"),
        (&certificate, &other, "k.pem certificate_key_unfit"),
        (&certificate, &key, "2026-04-01"),
        // Both in one file, as some tools write them.
        (&both, &both, "2026-04-01"),
    ] {
        let said = match opened(certificate, key) {
            Ok(tls) => match tls.validity(NOW) {
                Validity::Until(date) => date.to_string(),
                other => format!("{other:?}"),
            },
            Err(trouble) => {
                let (Trouble::Certificate { path, .. } | Trouble::System { path, .. }) = &trouble
                else {
                    panic!("{trouble:?}")
                };
                let name = path.file_name().unwrap().to_string_lossy();
                format!("{name} {}", trouble.code())
            }
        };
        assert_eq!(said, want);
    }
}

#[test]
fn days_of_a_certificate() {
    let date = |y, m, d| Date::from_ymd(y, m, d).unwrap();
    for (from, to, want) in [
        (
            (2026, 1, 1),
            (2026, 4, 1),
            Validity::Until(date(2026, 4, 1)),
        ),
        (
            (2025, 1, 1),
            (2026, 2, 28),
            Validity::Ended(date(2026, 2, 28)),
        ),
        ((2026, 3, 2), (2026, 4, 1), Validity::From(date(2026, 3, 2))),
        ((1970, 1, 1), (4096, 1, 1), Validity::Until(Date::MAX)),
    ] {
        let (certificate, key) = made(from, to);
        let tls = opened(&certificate, &key).unwrap();
        assert_eq!(tls.validity(NOW), want);
        assert_eq!(tls.names(), ["a.example"]);
    }
}
