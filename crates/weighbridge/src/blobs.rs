//! What may have to be erased one day: original files and remarks, encrypted, outside the journal.
//!
//! Every blob has a random key and a random salt, which the journal's private table holds; the blob's name is the
//! SHA-256 of salt and content's hash, and is all that the journal's entry knows. Destroying the key erases the blob
//! and leaves every proof intact. A blob is written aside, synced and renamed before its entry is appended, so that an
//! entry never names one that is not there; a blob without an entry is harmless.
//!
//! Form: ChaCha20-Poly1305 over pieces of 64 KiB; the nonce is the piece's number with a mark on the last one, so that
//! pieces cannot be exchanged, dropped or cut off unnoticed (the STREAM construction of Hoang, Reyhanitabar, Rogaway
//! and Vizár 2015).

use std::fs::File;
use std::io::{BufWriter, Read, Write};
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
            folder: journal.join("blobs"),
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
        let aside = self.folder.join(format!("{}.new", hex(&salt)));
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
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
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

    /// Decrypts a blob to a writer.
    ///
    /// # Errors
    /// [`Trouble::System`]; [`Trouble::Unknown`] where the blob is damaged or not the one meant.
    pub fn get(&self, blob: &BlobKey, out: &mut dyn Write) -> Result<(), Trouble> {
        let path = self.path(&blob.name);
        let damaged = || Trouble::Unknown {
            what: "original",
            name: path.display().to_string(),
        };
        let mut file = File::open(&path).map_err(Trouble::system(&path))?;
        let cipher = ChaCha20Poly1305::new(&Key::from(blob.key));
        let mut hash = Context::new(&SHA256);
        let mut piece = read_up_to(&mut file, PIECE + TAG).map_err(Trouble::system(&path))?;
        for number in 0u64.. {
            let next = read_up_to(&mut file, PIECE + TAG).map_err(Trouble::system(&path))?;
            let last = next.is_empty();
            cipher
                .decrypt_in_place(&nonce(number, last), b"", &mut piece)
                .map_err(|_| damaged())?;
            hash.update(&piece);
            out.write_all(&piece).map_err(Trouble::system(&path))?;
            if last {
                break;
            }
            piece = next;
        }
        let content: [u8; 32] = hash.finish().as_ref().try_into().unwrap_or_default();
        if name(&blob.salt, &content) == blob.name {
            Ok(())
        } else {
            Err(damaged())
        }
    }

    fn path(&self, name: &[u8; 32]) -> PathBuf {
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
