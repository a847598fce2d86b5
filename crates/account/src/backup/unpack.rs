//! Reading a backup from whoever gives it.
//!
//! Nothing in the file is trusted. A name is one of a closed set, so none can lead elsewhere; a header is compared with the
//! only one that its name and length can have, so there are no links, owners or extensions; a length is compared with what is
//! left of the file before anything is read; fill and end are zeros; names rise, so none comes twice. The manifest comes
//! last, is the one that its hash names, and has to list exactly what was read. No bit of the file is left unlooked at.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use ring::digest::{Context, SHA256};

use super::archive::{BLOCK, END, PIECE, header, padding, seal};
use super::{FORMAT, Listed, Manifest, Member, VERSION, private_file};
use crate::account::RECEIPTS;
use crate::blobs::{BLOBS, hex};
use crate::trouble::Trouble;

/// What is wrong with a backup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BackupFault {
    /// It does not begin as a backup does.
    NotOne,
    /// It ends too early.
    Truncated {
        /// Bytes that should follow.
        expected: u64,
        /// Bytes that do.
        found: u64,
    },
    /// A name that no backup has: it would lead elsewhere.
    Name(String),
    /// A header that is not the one of its name and length: a link, an extension, a flipped bit.
    Header(String),
    /// A file out of its order, or twice.
    Order(String),
    /// Bytes between files or at the end that are not zero, or more behind the end.
    Fill,
    /// A file is not the one that the manifest lists.
    Changed {
        /// Its name.
        name: String,
        /// SHA-256 and length as listed.
        expected: String,
        /// As found.
        found: String,
    },
    /// A file that the manifest lists is not there.
    Missing(String),
    /// A file is there and not listed.
    Unlisted(String),
    /// The manifest is not the one that was written, or none.
    Manifest,
    /// A newer program wrote it.
    TooNew {
        /// Version found.
        found: u32,
    },
    /// The journal in it is another than the manifest says, or its keys are.
    Contents(&'static str),
}

impl BackupFault {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            BackupFault::NotOne => "backup_not_one",
            BackupFault::Truncated { .. } => "backup_truncated",
            BackupFault::Name(_) => "backup_name",
            BackupFault::Header(_) => "backup_header",
            BackupFault::Order(_) => "backup_order",
            BackupFault::Fill => "backup_fill",
            BackupFault::Changed { .. } => "backup_changed",
            BackupFault::Missing(_) => "backup_missing",
            BackupFault::Unlisted(_) => "backup_unlisted",
            BackupFault::Manifest => "backup_manifest",
            BackupFault::TooNew { .. } => "backup_too_new",
            BackupFault::Contents(_) => "backup_contents",
        }
    }

    /// The version of backups that this program writes, for those who found a newer one.
    #[must_use]
    pub fn known() -> u32 {
        VERSION
    }
}

/// Unpacks a backup into an empty folder, compares everything in it with its manifest, and gives that. What is in the folder
/// after an error is to be thrown away.
///
/// # Errors
/// [`Trouble::Backup`] says what is wrong and at which byte; [`Trouble::System`].
pub fn unpack(
    file: &Path,
    into: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Manifest, Trouble> {
    for folder in [BLOBS, RECEIPTS] {
        let folder = into.join(folder);
        std::fs::create_dir(&folder).map_err(Trouble::system(&folder))?;
    }
    let mut source = Source::open(file)?;
    let mut read = Vec::new();
    let (mut manifest, mut sealed) = (Vec::new(), Vec::new());
    let mut last = None;
    while let Some((member, bytes)) = source.next()? {
        if last.is_some_and(|last| member <= last) {
            return Err(source.fault(BackupFault::Order(member.to_string())));
        }
        last = Some(member);
        match member {
            Member::Manifest => drop(source.content(bytes, &mut manifest, progress)?),
            Member::Seal => drop(source.content(bytes, &mut sealed, progress)?),
            file => {
                let name = file.to_string();
                let path = into.join(&name);
                let mut out = private_file(&path)?;
                let sha256 = source.content(bytes, &mut out, progress)?;
                out.sync_all().map_err(Trouble::system(&path))?;
                read.push(Listed {
                    name,
                    bytes,
                    sha256,
                });
            }
        }
    }
    source.end()?;
    let manifest = parse(&manifest, &sealed).map_err(|fault| source.fault(fault))?;
    compare(&manifest.members, &read).map_err(|fault| source.fault(fault))?;
    Ok(manifest)
}

/// The manifest, where it is the one that was written.
fn parse(manifest: &[u8], sealed: &[u8]) -> Result<Manifest, BackupFault> {
    /// What every version begins with.
    #[derive(serde::Deserialize)]
    struct Form {
        format: String,
        version: u32,
    }
    if seal(manifest).as_bytes() != sealed {
        return Err(BackupFault::Manifest);
    }
    let form: Form = serde_json::from_slice(manifest).map_err(|_| BackupFault::Manifest)?;
    if form.format != FORMAT || form.version == 0 {
        return Err(BackupFault::Manifest);
    }
    if form.version > VERSION {
        let found = form.version;
        return Err(BackupFault::TooNew { found });
    }
    serde_json::from_slice(manifest).map_err(|_| BackupFault::Manifest)
}

/// What is listed against what was read.
fn compare(listed: &[Listed], read: &[Listed]) -> Result<(), BackupFault> {
    let told = |file: &Listed| format!("{} B, {}", file.bytes, file.sha256);
    let mut left: BTreeMap<&str, &Listed> = listed.iter().map(|l| (l.name.as_str(), l)).collect();
    if left.len() != listed.len() {
        return Err(BackupFault::Manifest);
    }
    for file in read {
        match left.remove(file.name.as_str()) {
            Some(listed) if listed == file => {}
            Some(listed) => {
                return Err(BackupFault::Changed {
                    name: file.name.clone(),
                    expected: told(listed),
                    found: told(file),
                });
            }
            None => return Err(BackupFault::Unlisted(file.name.clone())),
        }
    }
    match left.keys().next() {
        Some(missing) => Err(BackupFault::Missing((*missing).to_owned())),
        None => Ok(()),
    }
}

/// The file, read once from its first byte to its last.
struct Source<'a> {
    path: &'a Path,
    file: BufReader<File>,
    at: u64,
    length: u64,
}

impl<'a> Source<'a> {
    fn open(path: &'a Path) -> Result<Self, Trouble> {
        let file = File::open(path).map_err(Trouble::system(path))?;
        let found = file.metadata().map_err(Trouble::system(path))?;
        if !found.is_file() {
            return Err(Trouble::NotAFile(path.to_owned()));
        }
        Ok(Source {
            path,
            file: BufReader::with_capacity(PIECE, file),
            at: 0,
            length: found.len(),
        })
    }

    fn fault(&self, fault: BackupFault) -> Trouble {
        Trouble::Backup {
            path: self.path.to_owned(),
            at: self.at,
            fault,
        }
    }

    /// Whether there are so many bytes left.
    fn has(&self, expected: u64) -> Result<(), Trouble> {
        let found = self.length - self.at;
        if expected <= found {
            return Ok(());
        }
        Err(self.fault(BackupFault::Truncated { expected, found }))
    }

    fn exactly(&mut self, room: &mut [u8]) -> Result<(), Trouble> {
        self.has(room.len() as u64)?;
        (self.file.read_exact(room)).map_err(Trouble::system(self.path))?;
        self.at += room.len() as u64;
        Ok(())
    }

    /// The next file and its length; none at the end.
    fn next(&mut self) -> Result<Option<(Member, u64)>, Trouble> {
        let begins = self.at == 0;
        if begins && self.length < BLOCK as u64 {
            return Err(self.fault(BackupFault::NotOne));
        }
        let mut block = [0; BLOCK];
        self.exactly(&mut block)?;
        // A fault is at the block's first byte.
        self.at -= BLOCK as u64;
        let zeros = block == [0; BLOCK];
        let header_of = tar::Header::from_byte_slice(&block);
        let name = String::from_utf8_lossy(&header_of.path_bytes()).into_owned();
        let member = Member::parse(&name);
        if begins && (zeros || member != Some(Member::Journal)) {
            // The name of something else that is a tar is worth telling; of anything else there is none.
            return Err(self.fault(match header_of.as_ustar() {
                Some(_) if !zeros && member.is_none() => BackupFault::Name(name),
                _ => BackupFault::NotOne,
            }));
        }
        if zeros {
            self.at += BLOCK as u64;
            return Ok(None);
        }
        let Some(member) = member else {
            return Err(self.fault(BackupFault::Name(name)));
        };
        let Ok(bytes) = header_of.size() else {
            return Err(self.fault(BackupFault::Header(name)));
        };
        if header(&name, bytes)? != block {
            return Err(self.fault(BackupFault::Header(name)));
        }
        self.at += BLOCK as u64;
        self.has(bytes.saturating_add(padding(bytes) as u64))?;
        Ok(Some((member, bytes)))
    }

    /// Copies a content of so many bytes and gives its SHA-256.
    fn content(
        &mut self,
        bytes: u64,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<String, Trouble> {
        let mut hash = Context::new(&SHA256);
        let mut piece = vec![0; PIECE];
        let mut left = bytes;
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let part = piece.get_mut(..want).unwrap_or_default();
            self.exactly(part)?;
            hash.update(part);
            out.write_all(part).map_err(Trouble::system(self.path))?;
            left -= want as u64;
            progress(self.at, self.length);
        }
        self.zeros(padding(bytes))?;
        Ok(hex(hash.finish().as_ref()))
    }

    fn zeros(&mut self, bytes: usize) -> Result<(), Trouble> {
        let mut block = [0; BLOCK];
        let part = block.get_mut(..bytes).unwrap_or_default();
        self.exactly(part)?;
        if part.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        self.at -= bytes as u64;
        Err(self.fault(BackupFault::Fill))
    }

    /// The rest of the end, and nothing behind it.
    fn end(&mut self) -> Result<(), Trouble> {
        self.zeros(END - BLOCK)?;
        if self.at == self.length {
            return Ok(());
        }
        Err(self.fault(BackupFault::Fill))
    }
}
