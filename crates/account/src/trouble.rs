//! Everything that can keep a command from doing its work, with a stable code and the program's exit code.

use std::path::{Path, PathBuf};

use weighbridge_books::Damaged;
use weighbridge_books::registry::Contradiction;
use weighbridge_intake::FileIssue;
use weighbridge_journal::{JournalError, KeyError, ReceiptError, StoreError};

use crate::backup::BackupFault;

/// Why a command did not do its work. The texts are in the locale files under [`Trouble::code`].
#[derive(Debug)]
pub enum Trouble {
    /// The journal.
    Journal(JournalError),
    /// A file of a reporter cannot be read as a whole; nothing of it was booked.
    File {
        /// The file.
        name: String,
        /// Why.
        issue: FileIssue,
    },
    /// The operating system refused something.
    System {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        error: std::io::Error,
    },
    /// A receipt does not hold.
    Receipt(ReceiptError),
    /// A key is damaged.
    Key(KeyError),
    /// A file of a key is damaged.
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: KeyError,
    },
    /// By what a server is to be known does not serve.
    Certificate {
        /// What is wrong.
        fault: CertificateFault,
        /// The file.
        path: PathBuf,
        /// What it is about: another file, a name, a day, what a library said.
        detail: String,
    },
    /// The journal has no secret key here, so that it can be read but not written.
    KeyMissing(PathBuf),
    /// The copy of the last checkpoint beside the journal is damaged.
    CheckpointFile(PathBuf),
    /// An entry's body is damaged or was written by a newer program.
    Body {
        /// The entry.
        seq: u64,
        /// Which part.
        damaged: Damaged,
    },
    /// What was sent is in the journal, but no checkpoint could be signed over it, so that there is no receipt yet.
    Unsigned {
        /// Entries in the journal.
        size: u64,
        /// Why.
        error: JournalError,
    },
    /// The secret behind the salts of an entry's rows was destroyed: no row of it can be shown by itself any more.
    RowErased {
        /// The entry.
        seq: u64,
    },
    /// The client's submission key was used before for another file.
    KeyUsed {
        /// The file.
        name: String,
        /// The entry that has the key.
        seq: u64,
    },
    /// The file changed while it was read.
    FileChanged(String),
    /// What the user named is not there: a code for the text, and the name.
    Unknown {
        /// `holder`, `lot`, `line`, `submission`, `substance`, `original`, `row`.
        what: &'static str,
        /// As given.
        name: String,
    },
    /// Several lines came with a row, and which of them is meant was not said.
    RowShared {
        /// The row as given, with its entry.
        name: String,
        /// The lines by the names that tell them apart, as many as are listed.
        lines: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// A merger or a split contradicts the register.
    Succession(Contradiction),
    /// An option cannot be understood.
    Option {
        /// The option.
        option: &'static str,
        /// As given.
        given: String,
        /// What would be right.
        expected: &'static str,
    },
    /// No file had a row of movements.
    NothingRead,
    /// An argument holds a resident identity number: what is given here would be written into the account.
    IdentityNumber,
    /// There is a file of this name, which is not replaced.
    FileThere(PathBuf),
    /// A file cannot be restored from.
    Backup {
        /// The file.
        path: PathBuf,
        /// The byte from which on it is not what it should be.
        at: u64,
        /// What is wrong.
        fault: BackupFault,
    },
    /// An output is no regular file: it would be replaced, not written.
    NotAFile(PathBuf),
    /// Where results are to be written as files of a folder there is something else.
    NotAFolder(PathBuf),
    /// The folder that an output would be written into is not there.
    NoFolder(PathBuf),
    /// An output would replace a file of an account.
    OfAccount(PathBuf),
    /// The folder has something in it already.
    NotEmpty(PathBuf),
    /// A figure of this column does not fit the numbers of a Parquet file.
    TooLargeFor64Bits(&'static str),
    /// The operating system gave no random bytes.
    Random,
    /// A contradiction inside the program: a fault of ours.
    Fault(&'static str),
    /// The work is done as far as it could be and everything was said; only the exit code remains.
    Said,
    /// Nobody reads the output any more; no fault of anybody.
    Closed,
}

/// What can be wrong with a certificate, its key, or the account's own authority.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CertificateFault {
    /// No certificate in the file.
    Absent,
    /// What is in the file cannot be read as a certificate.
    Damaged,
    /// No private key in the file that could be read without a password.
    KeyAbsent,
    /// The key cannot be used.
    KeyUnusable,
    /// The key is that of another certificate.
    KeyUnfit,
    /// The authority's certificate is there and its key is not.
    AuthorityKeyAbsent,
    /// The authority's certificate and its key do not make certificates that hold.
    AuthorityDamaged,
    /// The authority's time is over.
    AuthorityEnded,
    /// The authority was made for other names.
    AuthorityName,
}

impl CertificateFault {
    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            CertificateFault::Absent => "certificate_absent",
            CertificateFault::Damaged => "certificate_damaged",
            CertificateFault::KeyAbsent => "certificate_key_absent",
            CertificateFault::KeyUnusable => "certificate_key_unusable",
            CertificateFault::KeyUnfit => "certificate_key_unfit",
            CertificateFault::AuthorityKeyAbsent => "authority_key_absent",
            CertificateFault::AuthorityDamaged => "authority_damaged",
            CertificateFault::AuthorityEnded => "authority_ended",
            CertificateFault::AuthorityName => "authority_name",
        }
    }
}

impl Trouble {
    /// An error of the operating system at a path.
    pub fn system(path: &Path) -> impl FnOnce(std::io::Error) -> Trouble + '_ {
        move |error| Trouble::System {
            path: path.to_owned(),
            error,
        }
    }

    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Trouble::Journal(e) => e.code(),
            Trouble::File { issue, .. } => issue.code(),
            Trouble::System { error, .. } => match error.kind() {
                std::io::ErrorKind::NotFound => "path_not_found",
                std::io::ErrorKind::PermissionDenied => "path_denied",
                std::io::ErrorKind::IsADirectory => "path_is_folder",
                std::io::ErrorKind::StorageFull
                | std::io::ErrorKind::QuotaExceeded
                | std::io::ErrorKind::FileTooLarge => "disk_full",
                _ => "path_failed",
            },
            Trouble::Receipt(e) => e.code(),
            Trouble::Key(error) | Trouble::KeyFile { error, .. } => error.code(),
            Trouble::Certificate { fault, .. } => fault.code(),
            Trouble::KeyMissing(_) => "key_missing",
            Trouble::CheckpointFile(_) => "checkpoint_file",
            Trouble::Body { .. } => "body_damaged",
            Trouble::Unsigned { .. } => "unsigned",
            Trouble::RowErased { .. } => "row_erased",
            Trouble::KeyUsed { .. } => "key_used",
            Trouble::FileChanged(_) => "file_changed",
            Trouble::Unknown { .. } => "unknown_name",
            Trouble::RowShared { .. } => "row_shared",
            Trouble::Succession(contradiction) => contradiction.code(),
            Trouble::Option { .. } => "option_invalid",
            Trouble::NothingRead => "nothing_read",
            Trouble::IdentityNumber => "identity_argument",
            Trouble::FileThere(_) => "file_there",
            Trouble::Backup { fault, .. } => fault.code(),
            Trouble::NotAFile(_) => "not_a_file",
            Trouble::NotAFolder(_) => "not_a_folder",
            Trouble::NoFolder(_) => "folder_missing",
            Trouble::OfAccount(_) => "of_account",
            Trouble::NotEmpty(_) => "folder_not_empty",
            Trouble::TooLargeFor64Bits(_) => "beyond_64_bits",
            Trouble::Random => "no_random",
            Trouble::Fault(_) => "fault",
            Trouble::Said => "said",
            Trouble::Closed => "closed",
        }
    }

    /// 1 where the user can do something about it, 2 where it is a fault of ours, 0 where the reader has left.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Trouble::Closed => 0,
            Trouble::Fault(_) => 2,
            _ => 1,
        }
    }
}

impl From<JournalError> for Trouble {
    fn from(error: JournalError) -> Trouble {
        Trouble::Journal(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Trouble {
        Trouble::Journal(JournalError::Store(error))
    }
}

impl From<KeyError> for Trouble {
    fn from(error: KeyError) -> Trouble {
        Trouble::Key(error)
    }
}

impl From<ReceiptError> for Trouble {
    fn from(error: ReceiptError) -> Trouble {
        Trouble::Receipt(error)
    }
}
