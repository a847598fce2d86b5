//! What verification found, in the language of the texts.

use weighbridge_books::Damaged;
use weighbridge_journal::{Detail, HeaderError};
use weighbridge_reports::{Arg, Texts};

use crate::printer::journal_detail;
use crate::recount::More;

/// What the journal's verification says of a fault.
#[must_use]
pub fn of_journal(texts: &Texts, detail: &Detail) -> String {
    let say = |args: &[(&str, Arg<'_>)]| texts.say(&format!("detail-{}", detail.code()), args);
    match detail {
        Detail::Header(error) => header(texts, error),
        Detail::Checkpoint(error) => texts.word(&format!("error-{}", error.code())),
        Detail::Store(error) => {
            let more = journal_detail(&error.clone().into());
            texts.say(
                &format!("error-{}", error.code()),
                &[("detail", more.into())],
            )
        }
        Detail::OtherSize { size: n }
        | Detail::Ends { entries: n }
        | Detail::Covers { entries: n } => say(&[("n", (*n).into())]),
        Detail::Follows { seq }
        | Detail::KeyElsewhere { seq }
        | Detail::TileLeaf { seq }
        | Detail::Together { since: seq } => say(&[("seq", seq.to_string().into())]),
        Detail::Length { found, expected } => {
            say(&[("found", (*found).into()), ("expected", (*expected).into())])
        }
        Detail::Counts { found, expected } => say(&[
            ("entries", found.entries.into()),
            ("keys", found.keys.into()),
            ("tiles", found.tiles.into()),
            ("entries_due", expected.entries.into()),
            ("keys_due", expected.keys.into()),
            ("tiles_due", expected.tiles.into()),
        ]),
        Detail::Value { found } => say(&[("found", found.into())]),
        Detail::BodyHash
        | Detail::NotAfter
        | Detail::KeyAbsent
        | Detail::NotBehindSalt
        | Detail::Missing
        | Detail::NotInTree
        | Detail::TileHashes
        | Detail::TileWide
        | Detail::Head
        | Detail::Checksum => say(&[]),
    }
}

/// What computing again says of a fault; empty where its code says it all.
#[must_use]
pub fn of_books(texts: &Texts, more: &More) -> String {
    match more {
        More::Nothing => String::new(),
        More::Part(damaged) => part(texts, *damaged),
        // Numbers, names and what the system says are the same in every language.
        More::Mass { .. } | More::File { .. } => more.to_string(),
    }
}

/// Why an entry's header is none.
#[must_use]
pub fn header(texts: &Texts, error: &HeaderError) -> String {
    let key = format!("error-{}", error.code());
    match error {
        HeaderError::Short { field }
        | HeaderError::Type { field }
        | HeaderError::NotCanonical { field }
        | HeaderError::Range { field } => texts.say(&key, &[("field", (*field).into())]),
        HeaderError::Version(version) => {
            texts.say(&key, &[("version", version.to_string().into())])
        }
        HeaderError::Trailing(bytes) => texts.say(&key, &[("n", (*bytes).into())]),
    }
}

/// The part of a body that is not understood; as the books name it where it is new.
#[must_use]
pub fn part(texts: &Texts, damaged: Damaged) -> String {
    let key: String = (damaged.0.chars())
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let key = format!("part-{key}");
    if texts.has(&key) {
        texts.word(&key)
    } else {
        damaged.0.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighbridge_journal::store::Counts;
    use weighbridge_journal::{CheckpointError, StoreError};
    use weighbridge_reports::Lang;

    #[test]
    fn every_detail_is_said_in_both_languages() {
        let (found, expected) = (Counts::default(), Counts::default());
        let field = "salt";
        let details = [
            Detail::OtherSize { size: 7 },
            Detail::Follows { seq: 7 },
            Detail::Ends { entries: 7 },
            Detail::Covers { entries: 7 },
            Detail::Length {
                found: 7,
                expected: 8,
            },
            Detail::BodyHash,
            Detail::NotAfter,
            Detail::KeyElsewhere { seq: 7 },
            Detail::KeyAbsent,
            Detail::NotBehindSalt,
            Detail::Missing,
            Detail::NotInTree,
            Detail::TileLeaf { seq: 7 },
            Detail::TileHashes,
            Detail::TileWide,
            Detail::Together { since: 7 },
            Detail::Head,
            Detail::Counts { found, expected },
            Detail::Checksum,
            Detail::Value {
                found: "example.org/other".to_owned(),
            },
            Detail::Header(HeaderError::Short { field }),
            Detail::Header(HeaderError::Type { field }),
            Detail::Header(HeaderError::NotCanonical { field }),
            Detail::Header(HeaderError::Range { field }),
            Detail::Header(HeaderError::Version(9)),
            Detail::Header(HeaderError::Trailing(3)),
            Detail::Checkpoint(CheckpointError::Format),
            Detail::Store(StoreError::DiskFull),
        ];
        let (en, zh) = (Texts::new(Lang::En), Texts::new(Lang::Zh));
        for detail in &details {
            let (said, translated) = (of_journal(&en, detail), of_journal(&zh, detail));
            assert!(said.contains(' '), "{said}");
            assert!(
                !translated.is_ascii() && !translated.contains('$'),
                "{translated}"
            );
        }
        let damaged = Damaged("rows: too many");
        assert!(!part(&zh, damaged).is_ascii());
        assert_eq!(part(&zh, Damaged("a new part")), "a new part");
    }
}
