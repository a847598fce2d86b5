//! The container: a POSIX ustar archive in the one form that its names and lengths have.
//!
//! Owners, times and modes are not kept: every file is its owner's alone (0600), whoever restores it.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use super::{Listed, Manifest, Member};
use crate::blobs::hex;
use crate::trouble::Trouble;

/// Bytes of a block: headers have one, contents are filled up to whole ones.
pub(super) const BLOCK: usize = 512;
/// Bytes of zeros at the end.
pub(super) const END: usize = 2 * BLOCK;
/// Bytes that are copied at a time.
pub(super) const PIECE: usize = 256 * 1024;

/// The header of a member of a length.
pub(super) fn header(name: &str, bytes: u64) -> Result<[u8; BLOCK], Trouble> {
    let mut header = tar::Header::new_ustar();
    header
        .set_path(name)
        .map_err(|_| Trouble::Fault("a name in a backup is too long"))?;
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    // Above 8 GiB the length is in binary, which every tar of the last twenty years reads.
    header.set_size(bytes);
    header.set_cksum();
    Ok(*header.as_bytes())
}

/// Bytes that fill a content of a length up to whole blocks.
pub(super) fn padding(bytes: u64) -> usize {
    let over = usize::try_from(bytes % BLOCK as u64).unwrap_or_default();
    (BLOCK - over) % BLOCK
}

/// The line about the manifest that `sha256sum -c` reads.
pub(super) fn seal(manifest: &[u8]) -> String {
    let hash = hex(&weighbridge_journal::sha256(manifest));
    format!("{hash}  {}\n", Member::Manifest)
}

/// Writes the container.
pub(super) struct Writer<W> {
    out: W,
    path: PathBuf,
    written: u64,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, path: PathBuf) -> Self {
        let written = 0;
        Writer { out, path, written }
    }

    /// Bytes so far.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.written += bytes.len() as u64;
        (self.out.write_all(bytes)).map_err(Trouble::system(&self.path))
    }

    fn pad(&mut self, bytes: u64) -> Result<(), Trouble> {
        let zeros = [0; BLOCK];
        self.put(zeros.get(..padding(bytes)).unwrap_or_default())
    }

    /// Adds a file. Nothing is written where it cannot be opened.
    pub(super) fn file(&mut self, member: Member, path: &Path) -> Result<Listed, Trouble> {
        let mut file = File::open(path).map_err(Trouble::system(path))?;
        let bytes = file.metadata().map_err(Trouble::system(path))?.len();
        let name = member.to_string();
        self.put(&header(&name, bytes)?)?;
        let mut hash = Context::new(&SHA256);
        let mut piece = vec![0; PIECE];
        let mut left = bytes;
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let room = piece.get_mut(..want).unwrap_or_default();
            let read = file.read(room).map_err(Trouble::system(path))?;
            if read == 0 {
                return Err(Trouble::FileChanged(path.display().to_string()));
            }
            let part = piece.get(..read).unwrap_or_default();
            hash.update(part);
            self.put(part)?;
            left -= read as u64;
        }
        self.pad(bytes)?;
        let sha256 = hex(hash.finish().as_ref());
        Ok(Listed {
            name,
            bytes,
            sha256,
        })
    }

    fn text(&mut self, member: Member, text: &[u8]) -> Result<(), Trouble> {
        let bytes = text.len() as u64;
        self.put(&header(&member.to_string(), bytes)?)?;
        self.put(text)?;
        self.pad(bytes)
    }

    /// Adds the manifest and ends the container.
    pub(super) fn finish(mut self, manifest: &Manifest) -> Result<(), Trouble> {
        let mut text = serde_json::to_string_pretty(manifest)
            .map_err(|_| Trouble::Fault("a manifest as JSON"))?;
        text.push('\n');
        self.text(Member::Manifest, text.as_bytes())?;
        self.text(Member::Seal, seal(text.as_bytes()).as_bytes())?;
        self.put(&[0; END])?;
        self.out.flush().map_err(Trouble::system(&self.path))
    }
}
