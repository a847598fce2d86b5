//! Files that come in: small ones are held in memory, large ones are streamed.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest::{Context, SHA256};
use weighbridge_intake::limits::{MAX_WORKBOOK, SNIFF_LEN};
use weighbridge_intake::{Detection, FileIssue, Input, Options, Sink, Summary};

use crate::trouble::Trouble;

/// Files up to this size are read into memory once, so that what is hashed, booked and kept is the same for certain.
const HELD_BYTES: u64 = 64 * 1024 * 1024;

/// Buffer of a stream.
const BUFFER_BYTES: usize = 1024 * 1024;

/// The name that stands for standard input.
pub const STDIN: &str = "-";

/// A file of a reporter.
pub struct Incoming {
    /// As the user named it: what is shown. Only the part after the folders is kept.
    pub name: String,
    content: Content,
}

enum Content {
    Held(Arc<[u8]>),
    Disk { path: PathBuf, len: u64 },
}

impl Incoming {
    /// A file that is in memory already.
    #[must_use]
    pub fn held(name: &str, bytes: impl Into<Arc<[u8]>>) -> Incoming {
        Incoming {
            name: name.to_owned(),
            content: Content::Held(bytes.into()),
        }
    }

    /// Opens a file, or standard input for `-`.
    ///
    /// # Errors
    /// [`Trouble::System`]; [`Trouble::File`] where a stream without a size is larger than what is held in memory.
    pub fn open(path: &Path) -> Result<Incoming, Trouble> {
        Incoming::open_above(path, HELD_BYTES)
    }

    /// Opens a file; one that has more bytes than `held` is streamed.
    ///
    /// # Errors
    /// As [`Incoming::open`].
    pub fn open_above(path: &Path, held: u64) -> Result<Incoming, Trouble> {
        if path.as_os_str() == STDIN {
            let bytes = limited(&mut std::io::stdin().lock(), STDIN, path)?;
            return Ok(Incoming::held(STDIN, bytes));
        }
        let name = path.display().to_string();
        let mut file = File::open(path).map_err(Trouble::system(path))?;
        let meta = file.metadata().map_err(Trouble::system(path))?;
        if meta.is_dir() {
            return Err(Trouble::System {
                path: path.to_owned(),
                error: std::io::ErrorKind::IsADirectory.into(),
            });
        }
        if meta.is_file() && meta.len() > held {
            let content = Content::Disk {
                path: path.to_owned(),
                len: meta.len(),
            };
            return Ok(Incoming { name, content });
        }
        let bytes = limited(&mut file, &name, path)?;
        Ok(Incoming {
            name,
            content: Content::Held(bytes.into()),
        })
    }

    /// Bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.content {
            Content::Held(bytes) => bytes.len() as u64,
            Content::Disk { len, .. } => *len,
        }
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A reader from the start.
    ///
    /// # Errors
    /// [`Trouble::System`].
    pub fn reader(&self) -> Result<Box<dyn Read + Send + '_>, Trouble> {
        Ok(match &self.content {
            Content::Held(bytes) => Box::new(&**bytes),
            Content::Disk { path, .. } => {
                Box::new(File::open(path).map_err(Trouble::system(path))?)
            }
        })
    }

    /// SHA-256 of the bytes.
    ///
    /// # Errors
    /// [`Trouble::System`].
    pub fn hash(&self) -> Result<[u8; 32], Trouble> {
        let mut context = Context::new(&SHA256);
        match &self.content {
            Content::Held(bytes) => context.update(bytes),
            Content::Disk { path, .. } => {
                let mut reader = self.reader()?;
                let mut buffer = vec![0; BUFFER_BYTES];
                loop {
                    let n = reader.read(&mut buffer).map_err(Trouble::system(path))?;
                    if n == 0 {
                        break;
                    }
                    context.update(buffer.get(..n).unwrap_or_default());
                }
            }
        }
        Ok(context.finish().as_ref().try_into().unwrap_or_default())
    }

    /// Finds out what the file is.
    ///
    /// # Errors
    /// [`Trouble::File`], [`Trouble::System`].
    pub fn sniff(&self) -> Result<Detection, Trouble> {
        let mut head = Vec::new();
        let head = match &self.content {
            Content::Held(bytes) => bytes.get(..SNIFF_LEN.min(bytes.len())).unwrap_or_default(),
            Content::Disk { path, .. } => {
                let mut reader = self.reader()?.take(SNIFF_LEN as u64);
                reader
                    .read_to_end(&mut head)
                    .map_err(Trouble::system(path))?;
                head.as_slice()
            }
        };
        weighbridge_intake::sniff(head, &self.name).map_err(|issue| self.issue(issue))
    }

    /// Reads movements into a sink.
    ///
    /// # Errors
    /// [`Trouble::File`], [`Trouble::System`]; rows that were read before reached the sink.
    pub fn read(
        &self,
        detection: &Detection,
        options: &Options,
        sink: &mut dyn Sink,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Summary, Trouble> {
        let result = match &self.content {
            Content::Held(bytes) => weighbridge_intake::read(
                Input::Bytes(bytes),
                &self.name,
                detection,
                options,
                sink,
                progress,
            ),
            Content::Disk { path, len } if detection.format.needs_bytes() => {
                if *len > MAX_WORKBOOK as u64 {
                    return Err(self.issue(FileIssue::TooLarge {
                        limit: MAX_WORKBOOK,
                    }));
                }
                let bytes = std::fs::read(path).map_err(Trouble::system(path))?;
                weighbridge_intake::read(
                    Input::Bytes(&bytes),
                    &self.name,
                    detection,
                    options,
                    sink,
                    progress,
                )
            }
            Content::Disk { .. } => {
                let mut stream = BufReader::with_capacity(BUFFER_BYTES, self.reader()?);
                weighbridge_intake::read(
                    Input::Stream(&mut stream),
                    &self.name,
                    detection,
                    options,
                    sink,
                    progress,
                )
            }
        };
        result.map_err(|issue| self.issue(issue))
    }

    /// This file's trouble.
    #[must_use]
    pub fn issue(&self, issue: FileIssue) -> Trouble {
        Trouble::File {
            name: self.name.clone(),
            issue,
        }
    }

    /// Whether the file is too large to be hashed before it is read: its hash is then taken at the same time.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        matches!(self.content, Content::Disk { .. })
    }
}

/// Reads what has no known size, or a small one, up to the limit of what is held in memory.
fn limited(from: &mut dyn Read, name: &str, path: &Path) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    from.take(MAX_WORKBOOK as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(Trouble::system(path))?;
    if bytes.len() > MAX_WORKBOOK {
        return Err(Trouble::File {
            name: name.to_owned(),
            issue: FileIssue::TooLarge {
                limit: MAX_WORKBOOK,
            },
        });
    }
    Ok(bytes)
}
