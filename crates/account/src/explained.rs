//! Why a file as a whole cannot be read, in words.

use weighbridge_intake::FileIssue;
use weighbridge_reports::Texts;

/// What is wrong with a file, and what to do.
#[must_use]
pub fn file(texts: &Texts, issue: &FileIssue) -> (String, String) {
    let args = issue_args(texts, issue);
    let args: Vec<_> = args
        .iter()
        .map(|(name, value)| (*name, value.into()))
        .collect();
    let code = issue.code();
    (
        texts.say(&format!("file-{code}"), &args),
        texts.say(&format!("file_remedy-{code}"), &args),
    )
}

fn issue_args(texts: &Texts, issue: &FileIssue) -> Vec<(&'static str, String)> {
    let fields = |codes: &[&'static str]| {
        codes
            .iter()
            .map(|c| texts.code("field", c))
            .collect::<Vec<_>>()
            .join(&texts.word("list-comma"))
    };
    match issue {
        FileIssue::NotTable { what } => vec![("what", texts.code("foreign", what))],
        FileIssue::Empty
        | FileIssue::NoRows
        | FileIssue::Workbook
        | FileIssue::EncryptedWorkbook
        | FileIssue::EntitiesRefused => Vec::new(),
        FileIssue::NotText { guess } => vec![("guess", texts.code("foreign", guess))],
        FileIssue::UnknownFormat { first } => vec![("first", first.clone())],
        FileIssue::HeaderNotFound { rows, wanted, seen } => {
            vec![
                ("rows", rows.to_string()),
                ("wanted", fields(wanted)),
                ("seen", seen.join(&texts.word("list-comma"))),
            ]
        }
        FileIssue::HeaderMissing { absent, seen } => {
            vec![
                ("absent", fields(absent)),
                ("seen", seen.join(&texts.word("list-comma"))),
            ]
        }
        FileIssue::HeaderTwice {
            field,
            first,
            second,
        } => {
            vec![
                ("field", fields(&[field])),
                ("first", first.clone()),
                ("second", second.clone()),
            ]
        }
        FileIssue::PersonColumn { header } => vec![("header", header.clone())],
        FileIssue::WrongKind { found, expected } => {
            vec![
                ("found", texts.code("format", found)),
                ("expected", texts.code("format", expected)),
            ]
        }
        FileIssue::TooManyRows { limit } => vec![("limit", limit.to_string())],
        FileIssue::TooManyColumns { row, limit } => {
            vec![("row", row.to_string()), ("limit", limit.to_string())]
        }
        FileIssue::OutsideSheet { cell } => vec![("cell", cell.clone())],
        FileIssue::LineTooLong { row, limit } => {
            vec![("row", row.to_string()), ("limit", limit.to_string())]
        }
        FileIssue::TooLarge { limit } | FileIssue::EventTooMany { limit } => {
            vec![("limit", limit.to_string())]
        }
        FileIssue::ZipBomb { unpacked, limit } => {
            vec![
                ("unpacked", unpacked.to_string()),
                ("limit", limit.to_string()),
            ]
        }
        FileIssue::LegacyWorkbook { detail } | FileIssue::ReadFailed { detail } => {
            vec![("detail", detail.clone())]
        }
        FileIssue::Damaged {
            format,
            offset,
            detail,
        } => vec![
            ("format", texts.code("format", format)),
            ("offset", offset.to_string()),
            ("detail", detail.clone()),
        ],
        FileIssue::TooDeep { limit } => vec![("limit", limit.to_string())],
    }
}
