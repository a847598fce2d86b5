//! One account for many: those who read have books that nobody changes, and who changes them does it on a copy.
//!
//! A change begins with a copy of what is shown, and what it made is shown when it is durable. So nobody who reads waits for
//! who writes, what is half done is never seen, and a change that fails leaves nothing behind.

use weighbridge_books::Books;
use weighbridge_journal::{Journal, SqliteStore};

use super::{Account, Pending};
use crate::trouble::Trouble;

impl Account<SqliteStore> {
    /// The account as it is, to try things on: its books are copied, and nothing of it can be appended.
    ///
    /// # Errors
    /// [`Trouble::Journal`].
    pub fn trial(&self) -> Result<Self, Trouble> {
        self.to_read(self.books.clone())
    }

    /// Takes the books out, settled, as an account to read; what is left is for [`Account::begin`].
    ///
    /// # Errors
    /// [`Trouble::Journal`].
    pub fn hand_over(&mut self) -> Result<Self, Trouble> {
        let mut books = std::mem::take(&mut self.books);
        books.settle();
        self.names.clear();
        self.to_read(books)
    }

    /// Begins a change on a copy of what is shown. What an earlier change left behind is forgotten.
    pub fn begin(&mut self, shown: &Self) {
        self.pending = Pending::default();
        self.names.clear();
        self.books = shown.books.clone();
    }

    /// Forgets a change, and the books it was made on.
    pub fn abandon(&mut self) {
        self.pending = Pending::default();
        self.names.clear();
        self.books = Books::default();
    }

    /// The same journal, open to read, with these books.
    fn to_read(&self, books: Books) -> Result<Self, Trouble> {
        let folder = self.folder.as_ref();
        let folder = folder.ok_or(Trouble::Fault("no folder to read from"))?;
        let journal = Journal::open(SqliteStore::open_read(folder)?)?;
        let mut account = Account::over(journal, books, Some(folder.clone()), None);
        account.read = std::sync::Arc::clone(&self.read);
        Ok(account)
    }
}
