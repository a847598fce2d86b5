//! What any bytes must leave true of the decoders: shared by the replay of the corpora and the fuzz targets.

use weighbridge_journal::{Header, Note, Receipt, RowReceipt, Signer, receipt};

/// A target.
pub(crate) type Target = fn(&[u8]);

/// Every target by name.
pub(crate) const TARGETS: [(&str, Target); 3] = [
    ("journal_header", header),
    ("receipt", a_receipt),
    ("note", note),
];

/// A header that decodes has one form.
pub(crate) fn header(bytes: &[u8]) {
    if let Ok(header) = Header::decode(bytes) {
        assert_eq!(header.encode(), bytes);
    }
}

/// A receipt, of an entry or of a row, that parses has one form, and a key that did not sign it never verifies it.
pub(crate) fn a_receipt(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(receipt) = Receipt::parse(text) {
        assert_eq!(receipt.to_string(), text);
    }
    let row = RowReceipt::parse(text);
    if let Ok(row) = &row {
        assert_eq!(row.to_string(), text);
    }
    if let Ok(stranger) = Signer::from_seed("stranger.example", &[9; 32]) {
        assert!(receipt::verify(text, &stranger.verifier()).is_err());
        assert!(row.is_err() || row.is_ok_and(|row| row.verify(&stranger.verifier()).is_err()));
    }
}

/// A note that parses has one form.
pub(crate) fn note(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(note) = Note::parse(text) {
        assert_eq!(note.to_string(), text);
    }
}
