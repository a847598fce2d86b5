//! What a page answers, and every way in which it may not.

use weighbridge_account::Trouble;

use crate::users::UserError;

/// An answer.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A page.
    Page(String),
    /// A form that could not be accepted, shown again (422).
    Again(String),
    /// Another page is to be opened.
    Go(String),
    /// Another page is to be opened, with a new session.
    Enter {
        /// Its cookie.
        cookie: String,
        /// Where to.
        to: String,
    },
    /// The session is over.
    Leave,
    /// A file to keep.
    File {
        /// Its name.
        name: String,
        /// Its media type.
        kind: &'static str,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// Why a page was not answered.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Nobody is signed in.
    SignIn,
    /// Signed in too long ago for this.
    SignInAgain,
    /// Not for this role.
    Denied,
    /// Nothing there, or nothing for this caller.
    Absent,
    /// The form was not made by this server for this session.
    Forged,
    /// Something in the request cannot be understood: a code for the text, and what was given.
    Bad(&'static str, String),
    /// Larger than what is taken.
    TooLarge,
    /// More than one person asks in a short time.
    TooMany,
    /// Something failed.
    Failed(Trouble),
    /// The users' tables failed.
    Users(UserError),
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Refusal {
        match trouble {
            Trouble::Unknown { .. } => Refusal::Absent,
            other => Refusal::Failed(other),
        }
    }
}

impl From<UserError> for Refusal {
    fn from(error: UserError) -> Refusal {
        Refusal::Users(error)
    }
}

impl Refusal {
    /// Status, and the code of its text.
    pub(crate) fn status(&self) -> (u16, &'static str) {
        match self {
            Refusal::SignIn | Refusal::SignInAgain => (303, "sign_in"),
            Refusal::Denied => (403, "denied"),
            Refusal::Absent => (404, "absent"),
            Refusal::Forged => (403, "forged"),
            Refusal::Bad(..) => (400, "bad"),
            Refusal::TooLarge => (413, "too_large"),
            Refusal::TooMany => (429, "too_many"),
            Refusal::Failed(_) | Refusal::Users(_) => (500, "failed"),
        }
    }
}

/// What a page comes to.
pub(crate) type Answered = Result<Answer, Refusal>;
