//! The journal as such: where it stands, its signed checkpoint, its key; everybody may check both elsewhere.

use askama::Template;

use crate::answer::{Answer, Answered, Refusal};
use crate::ask::Ask;
use crate::frame::{Frame, rendered};
use crate::state::Server;

#[derive(Template)]
#[template(path = "journal.html")]
struct JournalPage<'a> {
    f: Frame<'a>,
    facts: Vec<(String, String)>,
    note: String,
    state: String,
}

/// The page.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let journal = account.journal();
    let head = journal.head();
    let checkpoint = journal
        .checkpoint()
        .map_err(weighbridge_account::Trouble::from)?;
    let root: String = head.root.iter().map(|b| format!("{b:02x}")).collect();
    // The root is worked out anew from the tiles, and must be the one that is signed.
    let again = journal
        .root_at(head.size)
        .map_err(weighbridge_account::Trouble::from)?;
    let state = match &checkpoint {
        Some(c) if c.size == head.size && again == head.root => {
            t.say("web-signed_whole", &[("size", c.size.into())])
        }
        Some(c) => t.say(
            "web-signed_in_part",
            &[("size", c.size.into()), ("all", head.size.into())],
        ),
        None => t.word("web-unsigned"),
    };
    let page = JournalPage {
        f: Frame::new(server, ask, t.word("web-journal")),
        facts: vec![
            (t.word("web-origin"), journal.origin().to_owned()),
            (t.word("web-entries"), head.size.to_string()),
            (t.word("web-root"), root),
            (t.word("web-public_key"), journal.verifier().to_string()),
        ],
        note: checkpoint.map(|c| c.note).unwrap_or_default(),
        state,
    };
    Ok(Answer::Page(rendered(&page)))
}

/// The last signed checkpoint as a file.
pub(crate) fn checkpoint(server: &Server, _: &Ask) -> Answered {
    let account = server.account();
    let stored = account
        .journal()
        .checkpoint()
        .map_err(weighbridge_account::Trouble::from)?;
    let note = stored.ok_or(Refusal::Absent)?.note;
    Ok(Answer::File {
        name: "checkpoint.txt".to_owned(),
        kind: "text/plain; charset=utf-8",
        bytes: note.into_bytes(),
    })
}

/// The public key as a file.
pub(crate) fn key(server: &Server, _: &Ask) -> Answered {
    let key = format!("{}\n", server.account().journal().verifier());
    Ok(Answer::File {
        name: "weighbridge.pub".to_owned(),
        kind: "text/plain; charset=utf-8",
        bytes: key.into_bytes(),
    })
}
