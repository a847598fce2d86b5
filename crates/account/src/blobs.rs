//! What may have to be erased one day: original files and remarks, encrypted, outside the journal.
//!
//! Every blob has a random key and a random salt, which the journal's private table holds; the blob's name is the
//! SHA-256 of salt and content's hash, and is all that the journal's entry knows. Destroying the key erases the blob
//! and leaves every proof intact. A blob is written aside, synced and renamed before its entry is appended, so that an
//! entry never names one that is not there; a blob without an entry is harmless. It is counted and never removed by itself:
//! a folder whose journal was put back from an older copy looks the same, and the later copy may still come back.
//!
//! Form: ChaCha20-Poly1305 over pieces of 64 KiB; the nonce is the piece's number with a mark on the last one, so that
//! pieces cannot be exchanged, dropped or cut off unnoticed (the STREAM construction of Hoang, Reyhanitabar, Rogaway
//! and Vizár 2015).

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use ring::digest::{Context, SHA256};

use crate::trouble::Trouble;

/// Bytes of a piece.
const PIECE: usize = 64 * 1024;
/// Bytes that a piece grows by.
const TAG: usize = 16;

/// What opens a blob.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlobKey {
    /// The blob's name.
    pub name: [u8; 32],
    /// Its key.
    pub key: [u8; 32],
    /// What keeps its name from telling its content.
    pub salt: [u8; 32],
}

impl BlobKey {
    /// How to open the `original`, the `remarks` or the `words` of an entry, out of its private note; none where the key was
    /// destroyed.
    #[must_use]
    pub fn of_note(note: &serde_json::Value, kind: &str) -> Option<BlobKey> {
        let part = |field: &str| unhex(note.get(kind)?.get(field)?.as_str()?);
        Some(BlobKey {
            name: part("name")?,
            key: part("key")?,
            salt: part("salt")?,
        })
    }

    /// What a private note says of how to open the blob.
    #[must_use]
    pub fn to_note(&self) -> serde_json::Value {
        serde_json::json!({ "name": hex(&self.name), "key": hex(&self.key), "salt": hex(&self.salt) })
    }
}

/// What is left of a blob.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Left {
    /// It is whole; the SHA-256 of its content.
    Whole([u8; 32]),
    /// It is there and is not what was put.
    Changed,
    /// It is not there: erased.
    Nothing,
}

/// Name of the folder.
pub const BLOBS: &str = "blobs";
/// End of the names of blobs that are being written.
const ASIDE: &str = ".new";

/// A folder of blobs.
#[derive(Clone, Debug)]
pub struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    /// The blobs of a journal's folder.
    #[must_use]
    pub fn of(journal: &Path) -> Blobs {
        Blobs {
            folder: journal.join(BLOBS),
        }
    }

    /// Encrypts and keeps what a reader gives. Returns how to open it and the content's SHA-256.
    ///
    /// # Errors
    /// [`Trouble::System`], [`Trouble::Random`].
    pub fn put(&self, content: &mut dyn Read) -> Result<(BlobKey, [u8; 32]), Trouble> {
        self.create()?;
        let (mut key, mut salt) = ([0; 32], [0; 32]);
        getrandom::fill(&mut key)
            .and_then(|()| getrandom::fill(&mut salt))
            .map_err(|_| Trouble::Random)?;
        let aside = self.folder.join(format!("{}{ASIDE}", hex(&salt)));
        let result = self.write(content, &key, &salt, &aside);
        if result.is_err() {
            // Half a blob is of no use; where it cannot be removed either, the first error is the one to tell.
            let _ = std::fs::remove_file(&aside);
        }
        result
    }

    fn write(
        &self,
        content: &mut dyn Read,
        key: &[u8; 32],
        salt: &[u8; 32],
        aside: &Path,
    ) -> Result<(BlobKey, [u8; 32]), Trouble> {
        let cipher = ChaCha20Poly1305::new(&Key::from(*key));
        let system = || Trouble::system(aside);
        let mut out = BufWriter::new(File::create(aside).map_err(system())?);
        let mut hash = Context::new(&SHA256);
        let mut piece = read_piece(content).map_err(system())?;
        for number in 0u64.. {
            let next = if piece.len() == PIECE {
                read_piece(content).map_err(system())?
            } else {
                Vec::new()
            };
            let last = piece.len() < PIECE || next.is_empty();
            hash.update(&piece);
            let sealed = cipher.encrypt_in_place(&nonce(number, last), b"", &mut piece);
            sealed.map_err(|_| Trouble::Fault("a blob could not be encrypted"))?;
            out.write_all(&piece).map_err(system())?;
            if last {
                break;
            }
            piece = next;
        }
        let file = out.into_inner().map_err(|e| system()(e.into_error()))?;
        file.sync_all().map_err(system())?;
        let content_hash: [u8; 32] = hash.finish().as_ref().try_into().unwrap_or_default();
        let name = name(salt, &content_hash);
        let path = self.path(&name);
        std::fs::rename(aside, &path).map_err(Trouble::system(&path))?;
        Ok((
            BlobKey {
                name,
                key: *key,
                salt: *salt,
            },
            content_hash,
        ))
    }

    /// Removes a blob that no entry will name. Its key is forgotten with it: where the file cannot be removed, what is
    /// left cannot be read by anybody.
    pub fn discard(&self, blob: &BlobKey) {
        let _ = std::fs::remove_file(self.path(&blob.name));
    }

    /// Makes the names of what was put durable; to be called once before the entries that name them are appended.
    /// Where nothing was ever put there may be no folder, and there is nothing to do.
    ///
    /// # Errors
    /// [`Trouble::System`].
    pub fn sync(&self) -> Result<(), Trouble> {
        #[cfg(unix)]
        match File::open(&self.folder).and_then(|f| f.sync_all()) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Trouble::system(&self.folder)(error));
            }
            _ => {}
        }
        Ok(())
    }

    /// Makes the folder.
    ///
    /// # Errors
    /// [`Trouble::System`].
    pub fn create(&self) -> Result<(), Trouble> {
        std::fs::create_dir_all(&self.folder).map_err(Trouble::system(&self.folder))
    }

    /// Removes what a killed program left half written: no entry names it and its key is lost. Only for whoever holds the
    /// journal's lock. What cannot be removed harms nobody and is tried again the next time.
    pub fn sweep(&self) {
        for left in std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
        {
            if left.file_name().to_string_lossy().ends_with(ASIDE) {
                let _ = std::fs::remove_file(left.path());
            }
        }
    }

    /// Names and sizes of the blobs that are whole. Where the folder cannot be read there are none to tell of.
    #[must_use]
    pub fn list(&self) -> Vec<([u8; 32], u64)> {
        let all = std::fs::read_dir(&self.folder);
        let all = all.into_iter().flatten().flatten();
        all.filter_map(|file| {
            let name = unhex(&file.file_name().to_string_lossy())?;
            Some((name, file.metadata().ok()?.len()))
        })
        .collect()
    }

    /// Reads a blob again, decrypts it and compares it with its name.
    ///
    /// # Errors
    /// What the system says where it is there and cannot be read.
    pub fn check(&self, blob: &BlobKey) -> Result<Left, std::io::Error> {
        match self.open(blob, &mut std::io::sink()) {
            Ok(Some(content)) => Ok(Left::Whole(content)),
            Ok(None) => Ok(Left::Changed),
            Err(Trouble::System { error, .. }) if error.kind() == ErrorKind::NotFound => {
                Ok(Left::Nothing)
            }
            Err(Trouble::System { error, .. }) => Err(error),
            Err(other) => Err(std::io::Error::other(other.code())),
        }
    }

    /// Decrypts a blob to a writer.
    ///
    /// # Errors
    /// [`Trouble::System`]; [`Trouble::Unknown`] where the blob is damaged or not the one meant.
    pub fn get(&self, blob: &BlobKey, out: &mut dyn Write) -> Result<(), Trouble> {
        match self.open(blob, out)? {
            Some(_) => Ok(()),
            None => Err(Trouble::Unknown {
                what: "original",
                name: self.path(&blob.name).display().to_string(),
            }),
        }
    }

    /// Decrypts a blob to a writer and gives its content's SHA-256; none where it is not what its name and key say.
    fn open(&self, blob: &BlobKey, out: &mut dyn Write) -> Result<Option<[u8; 32]>, Trouble> {
        let path = self.path(&blob.name);
        let mut file = File::open(&path).map_err(Trouble::system(&path))?;
        let cipher = ChaCha20Poly1305::new(&Key::from(blob.key));
        let mut hash = Context::new(&SHA256);
        let mut piece = read_up_to(&mut file, PIECE + TAG).map_err(Trouble::system(&path))?;
        for number in 0u64.. {
            let next = read_up_to(&mut file, PIECE + TAG).map_err(Trouble::system(&path))?;
            let last = next.is_empty();
            let opened = cipher.decrypt_in_place(&nonce(number, last), b"", &mut piece);
            if opened.is_err() {
                return Ok(None);
            }
            hash.update(&piece);
            out.write_all(&piece).map_err(Trouble::system(&path))?;
            if last {
                break;
            }
            piece = next;
        }
        let content: [u8; 32] = hash.finish().as_ref().try_into().unwrap_or_default();
        Ok((name(&blob.salt, &content) == blob.name).then_some(content))
    }

    /// Where a blob lies.
    #[must_use]
    pub fn path(&self, name: &[u8; 32]) -> PathBuf {
        self.folder.join(hex(name))
    }
}

fn read_piece(from: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    read_up_to(from, PIECE)
}

fn read_up_to(from: &mut dyn Read, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut piece = Vec::new();
    from.take(limit as u64).read_to_end(&mut piece)?;
    Ok(piece)
}

fn nonce(number: u64, last: bool) -> Nonce {
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    Nonce::from([u8::from(last), 0, 0, 0, a, b, c, d, e, f, g, h])
}

fn name(salt: &[u8; 32], content: &[u8; 32]) -> [u8; 32] {
    let mut both = [0; 64];
    let (left, right) = both.split_at_mut(32);
    left.copy_from_slice(salt);
    right.copy_from_slice(content);
    weighbridge_journal::sha256(&both)
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// 32 bytes out of hexadecimal.
#[must_use]
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::of(folder.path());
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7] {
            let content: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let (blob, hash) = blobs.put(&mut content.as_slice()).unwrap();
            assert_eq!(hash, weighbridge_journal::sha256(&content));
            let mut back = Vec::new();
            blobs.get(&blob, &mut back).unwrap();
            assert!(back == content, "{len} bytes");
            let path = blobs.path(&blob.name);
            let stored = std::fs::read(&path).unwrap();
            assert!(
                len < 16 || !stored.windows(16).any(|w| w == &content[..16]),
                "the content shows"
            );
            for cut in [
                1,
                stored.len() / 2,
                stored.len().saturating_sub(PIECE + TAG).max(1),
            ] {
                std::fs::write(&path, &stored[..stored.len() - cut]).unwrap();
                assert!(
                    blobs.get(&blob, &mut Vec::new()).is_err(),
                    "{len} bytes less {cut}"
                );
            }
            let mut flipped = stored.clone();
            flipped[stored.len() / 2] ^= 1;
            std::fs::write(&path, &flipped).unwrap();
            assert!(blobs.get(&blob, &mut Vec::new()).is_err());
            let wrong = BlobKey {
                key: [1; 32],
                ..blob
            };
            std::fs::write(&path, &stored).unwrap();
            assert!(blobs.get(&wrong, &mut Vec::new()).is_err());
        }
        assert!(
            std::fs::read_dir(folder.path().join("blobs"))
                .unwrap()
                .all(|f| { !f.unwrap().file_name().to_string_lossy().ends_with(".new") })
        );
    }

    #[test]
    fn every_flipped_byte_of_a_blob_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::of(folder.path());
        let (blob, hash) = blobs.put(&mut b"row,amount\n1,25\n".as_slice()).unwrap();
        let path = blobs.path(&blob.name);
        let stored = std::fs::read(&path).unwrap();
        assert_eq!(blobs.check(&blob).unwrap(), Left::Whole(hash));
        for at in 0..stored.len() {
            for bit in 0..8 {
                let mut flipped = stored.clone();
                flipped[at] ^= 1 << bit;
                std::fs::write(&path, &flipped).unwrap();
                assert_eq!(blobs.check(&blob).unwrap(), Left::Changed, "{at} {bit}");
            }
        }
        let salted = BlobKey {
            salt: [1; 32],
            ..blob
        };
        std::fs::write(&path, &stored).unwrap();
        assert_eq!(blobs.check(&salted).unwrap(), Left::Changed);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(blobs.check(&blob).unwrap(), Left::Nothing);
    }

    #[test]
    fn what_is_half_written_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::of(folder.path());
        blobs.sweep();
        let (blob, hash) = blobs.put(&mut b"whole".as_slice()).unwrap();
        let half = folder.path().join("blobs/0123.new");
        std::fs::write(&half, b"half").unwrap();
        blobs.sweep();
        assert!(!half.exists());
        assert_eq!(blobs.check(&blob).unwrap(), Left::Whole(hash));
    }

    #[test]
    fn equal_contents_have_different_names() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::of(folder.path());
        let one = blobs.put(&mut b"same".as_slice()).unwrap().0;
        let two = blobs.put(&mut b"same".as_slice()).unwrap().0;
        assert_ne!(one.name, two.name);
        assert_eq!(unhex(&hex(&one.name)), Some(one.name));
        assert_eq!(unhex("zz"), None);
    }
}
