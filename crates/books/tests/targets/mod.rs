//! What any bytes must leave true of the bodies of entries: shared by the replay of the corpus and the fuzz target.

use weighbridge_books::substances::ledger::Stamp;
use weighbridge_books::{Body, Books};
use weighbridge_measure::Timestamp;

/// The first byte is the kind of the entry, the rest its body. What decodes comes back the same from its canonical
/// form, and the books take it in without a panic, whatever it says.
pub(crate) fn body(bytes: &[u8]) {
    let Some((kind, body)) = bytes.split_first() else {
        return;
    };
    let Ok(decoded) = Body::decode(u16::from(*kind), body) else {
        return;
    };
    let canonical = decoded.encode();
    let again = Body::decode(u16::from(*kind), &canonical);
    assert_eq!(again.as_ref(), Ok(&decoded));
    let mut books = Books::default();
    let stamp = Stamp {
        seq: 0,
        recorded_at: Timestamp::from_micros(1_790_000_000_000_000),
        organisation: "o".to_owned(),
    };
    books.apply(&stamp, &decoded);
    books.settle();
}
