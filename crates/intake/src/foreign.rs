//! Files that people send by mistake: pictures, documents, archives. They are named for what they are, so that the
//! message does not talk of encodings or of a broken workbook.

use crate::issue::FileIssue;

/// First bytes, and the code of what begins with them.
const MAGIC: [(&[u8], &str); 10] = [
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n", "picture"),
    (b"\xFF\xD8\xFF", "picture"),
    (b"GIF8", "picture"),
    (b"II*\0", "picture"),
    (b"MM\0*", "picture"),
    (b"{\\rtf", "document"),
    (b"Rar!", "archive"),
    (b"7z\xBC\xAF", "archive"),
    (b"\x1F\x8B", "archive"),
];

/// How an archive begins whose first part is one of a workbook, or of another document that the workbook reader judges.
const WORKBOOK_PARTS: [&[u8]; 6] = [
    b"[Content_Types].xml",
    b"_rels/",
    b"docProps/",
    b"xl/",
    b"customXml/",
    b"mimetype",
];

/// Where the name of the first part of an archive stands.
const NAME_AT: usize = 30;

/// Refuses what can hold no rows.
///
/// # Errors
/// [`FileIssue::NotTable`].
pub(crate) fn check(head: &[u8]) -> Result<(), FileIssue> {
    let magic = MAGIC.iter().find(|(magic, _)| head.starts_with(magic));
    match magic.map(|(_, what)| *what).or_else(|| archive(head)) {
        Some(what) => Err(FileIssue::NotTable { what }),
        None => Ok(()),
    }
}

/// What an archive is that is no workbook.
fn archive(head: &[u8]) -> Option<&'static str> {
    if !head.starts_with(b"PK\x03\x04") {
        return None;
    }
    let has = |part: &[u8]| memchr::memmem::find(head, part).is_some();
    if has(b"xl/") {
        return None;
    }
    if has(b"word/") || has(b"ppt/") {
        return Some("document");
    }
    let name = head.get(NAME_AT..).unwrap_or_default();
    if name.is_empty() {
        return None;
    }
    let known = WORKBOOK_PARTS.iter().any(|part| name.starts_with(part));
    (!known).then_some("archive")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(name: &str, more: &str) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.resize(NAME_AT, 0);
        bytes.extend(name.as_bytes());
        bytes.extend(more.as_bytes());
        bytes
    }

    #[test]
    fn what_people_send_by_mistake() {
        let of = |head: &[u8]| match check(head) {
            Err(FileIssue::NotTable { what }) => what,
            _ => "",
        };
        for (head, want) in [
            (b"%PDF-1.7".to_vec(), "pdf"),
            (b"\x89PNG\r\n\x1a\n".to_vec(), "picture"),
            (b"\x1F\x8B\x08".to_vec(), "archive"),
            (packed("a.csv", ""), "archive"),
            (
                packed("[Content_Types].xml", " word/document.xml"),
                "document",
            ),
            (packed("[Content_Types].xml", " xl/workbook.xml word/"), ""),
            (packed("_rels/.rels", ""), ""),
            (packed("mimetype", ""), ""),
            (b"PK".to_vec(), ""),
            (b"PK\x03\x04 and then nothing".to_vec(), ""),
            (b"reporter,kind".to_vec(), ""),
            (Vec::new(), ""),
        ] {
            assert_eq!(of(&head), want, "{}", String::from_utf8_lossy(&head));
        }
    }
}
