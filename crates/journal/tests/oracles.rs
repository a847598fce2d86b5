//! Other people's implementations as oracles: `ct-merkle` for the tree, `tlog_tiles` for tiles, checkpoints and proofs,
//! `signed_note` for notes and keys, `minicbor` for the header's CBOR; each in both directions where it has two.

mod common;

use common::{Dice, ORIGIN, signer};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;
use std::collections::HashMap;
use std::convert::Infallible;
use weighbridge_journal::merkle::{
    self, Frontier, Hash, Nodes, leaf_hash, verify_consistency, verify_inclusion,
};
use weighbridge_journal::tiles::{self, Edge, TileId, TileNodes};
use weighbridge_journal::{Checkpoint, Header, Note, Signer, Verifier};

type Oracle = MemoryBackedTree<Sha256, Vec<u8>>;

/// Tiles in a map, as a store keeps them.
#[derive(Default)]
struct Tiles(HashMap<(u8, u64), Vec<u8>>);

impl Tiles {
    fn grow(&mut self, edge: &mut Edge, leaves: impl IntoIterator<Item = Hash>) {
        for tile in edge.grow(leaves) {
            assert_eq!(tile.data.len(), usize::from(tile.id.width) * 32);
            self.0.insert((tile.id.level, tile.id.index), tile.data);
        }
    }

    fn nodes(&self) -> impl Nodes<Error = ()> + '_ {
        TileNodes::new(|l, i| Ok(self.0.get(&(l, i)).cloned()), |_, _| ())
    }
}

fn entry(n: u64) -> Vec<u8> {
    format!("entry {n}").into_bytes()
}

fn flat(path: &[Hash]) -> Vec<u8> {
    path.as_flattened().to_vec()
}

fn roots(oracle: &RootHash<Sha256>) -> Hash {
    (*oracle.as_bytes()).into()
}

/// Proofs of ours accepted there, proofs of theirs accepted here, and equal.
fn compare(oracle: &Oracle, tiles: &Tiles, pairs: impl Iterator<Item = (u64, u64)>, all: &[Hash]) {
    let size = oracle.len();
    let theirs = oracle.root();
    let root = roots(&theirs);
    for (index, from) in pairs {
        let path = merkle::inclusion(&mut tiles.nodes(), index, size).unwrap();
        let other = oracle.prove_inclusion(index as usize);
        assert_eq!(
            flat(&path),
            other.as_bytes(),
            "inclusion of {index} in {size}"
        );
        verify_inclusion(leaf_hash(&entry(index)), index, size, &path, &root).unwrap();
        let ours = InclusionProof::<Sha256>::try_from_bytes(flat(&path)).unwrap();
        theirs
            .verify_inclusion(&entry(index), index, &ours)
            .unwrap();

        let path = merkle::consistency(&mut tiles.nodes(), from, size).unwrap();
        let other = oracle.prove_consistency((size - from) as usize);
        assert_eq!(
            flat(&path),
            other.as_bytes(),
            "consistency {from} to {size}"
        );
        let old = all[from as usize];
        verify_consistency((from, &old), (size, &root), &path).unwrap();
        let ours = ConsistencyProof::<Sha256>::try_from_bytes(flat(&path)).unwrap();
        let old_root = RootHash::<Sha256>::new(old.into(), from);
        theirs.verify_consistency(&old_root, &ours).unwrap();
    }
}

#[test]
fn every_size_to_600_agrees_with_ct_merkle() {
    let mut dice = Dice(600);
    let (mut oracle, mut frontier) = (Oracle::new(), Frontier::default());
    let (mut edge, mut tiles) = (Edge::default(), Tiles::default());
    let mut all = vec![merkle::empty_root()];
    for size in 1..=600_u64 {
        let leaf = leaf_hash(&entry(size - 1));
        oracle.push(entry(size - 1));
        frontier.push(leaf);
        tiles.grow(&mut edge, [leaf]);
        let root = roots(&oracle.root());
        assert_eq!(frontier.root(), root, "size {size}");
        assert_eq!(edge.root(), root, "size {size}");
        assert_eq!(merkle::root_at(&mut tiles.nodes(), size).unwrap(), root);
        all.push(root);
        let all_pairs = size <= 70 || [255, 256, 257, 511, 512, 513, 600].contains(&size);
        if all_pairs {
            compare(&oracle, &tiles, (0..size).map(|i| (i, i + 1)), &all);
        } else {
            let few: Vec<_> = (0..6)
                .map(|_| (dice.below(size), 1 + dice.below(size)))
                .collect();
            compare(&oracle, &tiles, few.into_iter(), &all);
        }
    }
}

#[test]
fn random_larger_sizes_agree_with_ct_merkle() {
    let mut dice = Dice(70_000);
    let (mut oracle, mut edge, mut tiles) = (Oracle::new(), Edge::default(), Tiles::default());
    let mut all = vec![merkle::empty_root()];
    let mut frontier = Frontier::default();
    while edge.size() < 70_000 {
        let (from, to) = (edge.size(), edge.size() + 1 + dice.below(9_000));
        (from..to).for_each(|n| oracle.push(entry(n)));
        tiles.grow(&mut edge, (from..to).map(|n| leaf_hash(&entry(n))));
        for n in from..to {
            frontier.push(leaf_hash(&entry(n)));
            all.push(frontier.root());
        }
        assert_eq!(edge.root(), roots(&oracle.root()));
        let few: Vec<_> = (0..40)
            .map(|_| (dice.below(to), 1 + dice.below(to)))
            .collect();
        compare(&oracle, &tiles, few.into_iter(), &all);
        let read = |level, index| Ok::<_, Infallible>(tiles.0.get(&(level, index)).cloned());
        assert_eq!(Edge::load(to, read).unwrap().unwrap(), edge);
    }
}

#[test]
fn a_wrong_proof_is_refused() {
    let (mut edge, mut tiles, mut all) = (Edge::default(), Tiles::default(), vec![]);
    all.push(merkle::empty_root());
    for n in 0..300 {
        tiles.grow(&mut edge, [leaf_hash(&entry(n))]);
        all.push(edge.root());
    }
    let root = edge.root();
    let mut path = merkle::inclusion(&mut tiles.nodes(), 123, 300).unwrap();
    let leaf = leaf_hash(&entry(123));
    verify_inclusion(leaf, 123, 300, &path, &root).unwrap();
    // The size is not listed: it is the root that pins it, and a path that fits both sizes proves the same leaf.
    for (index, size) in [(122, 300), (124, 300), (300, 300), (0, 0)] {
        verify_inclusion(leaf, index, size, &path, &root).unwrap_err();
    }
    for at in 0..path.len() {
        path[at][3] ^= 1;
        verify_inclusion(leaf, 123, 300, &path, &root).unwrap_err();
        path[at][3] ^= 1;
    }
    path.push([0; 32]);
    verify_inclusion(leaf, 123, 300, &path, &root).unwrap_err();
    path.truncate(2);
    verify_inclusion(leaf, 123, 300, &path, &root).unwrap_err();

    let mut path = merkle::consistency(&mut tiles.nodes(), 100, 300).unwrap();
    let (old, new) = ((100, &all[100]), (300, &root));
    verify_consistency(old, new, &path).unwrap();
    verify_consistency((101, &all[101]), new, &path).unwrap_err();
    verify_consistency((100, &all[101]), new, &path).unwrap_err();
    verify_consistency(new, old, &path).unwrap_err();
    for at in 0..path.len() {
        path[at][3] ^= 1;
        verify_consistency(old, new, &path).unwrap_err();
        path[at][3] ^= 1;
    }
    path.push([0; 32]);
    verify_consistency(old, new, &path).unwrap_err();
    path.truncate(1);
    verify_consistency(old, new, &path).unwrap_err();
    verify_consistency((0, &all[0]), new, &[]).unwrap();
    verify_consistency((0, &all[1]), new, &[]).unwrap_err();
    verify_consistency(new, new, &[]).unwrap();
    verify_consistency(new, new, &[root]).unwrap_err();
    verify_consistency((300, &all[299]), new, &[]).unwrap_err();
}

#[test]
fn tile_arithmetic_agrees_with_tlog_tiles() {
    let mut dice = Dice(8);
    let mut sizes: Vec<u64> = vec![0, 1, 255, 256, 257, 65_535, 65_536, 65_537];
    sizes.extend((0..60).map(|_| dice.below(70_000)));
    for &from in &sizes {
        for to in [
            from,
            from + 1,
            from + dice.below(300),
            from + dice.below(70_000),
        ] {
            let mut theirs: Vec<_> = tlog_tiles::Tile::new_tiles(8, from, to)
                .iter()
                .map(|tile| (tile.level(), tile.level_index(), tile.width(), tile.path()))
                .collect();
            theirs.sort();
            let mut ours: Vec<_> = tiles::growth(from, to)
                .iter()
                .map(|tile| {
                    // Their path names the height; tlog-tiles fixed it later and left it out.
                    let path = tile.path().replacen("tile/", "tile/8/", 1);
                    (tile.level, tile.index, u32::from(tile.width), path)
                })
                .collect();
            ours.sort();
            assert_eq!(ours, theirs, "{from} to {to}");
        }
    }
    assert_eq!(tiles::growth(0, 70_000).len() as u64, tiles::count(70_000));
    for (id, path) in [
        ((0, 1_234_067, 256), "tile/0/x001/x234/067"),
        ((0, 1_234, 5), "tile/0/x001/234.p/5"),
        ((2, 0, 1), "tile/2/000.p/1"),
    ] {
        let (level, index, width) = id;
        let id = TileId {
            level,
            index,
            width,
        };
        assert_eq!(id.path(), path);
        assert_eq!(TileId::parse(path), Some(id));
    }
    for path in [
        "",
        "tile/0/1",
        "tile/0/0001",
        "tile/0/001.p/256",
        "tile/0/001.p/0",
        "tile/8/001",
        "tile/0/x001",
        "tile/00/001",
        "tile/0/+01",
        "tile/0/x000/001",
        "tile/0/001/",
        "tile/0/x018/x446/x744/x073/x709/x551/x616/000",
    ] {
        assert_eq!(TileId::parse(path), None, "{path}");
    }
}

#[test]
fn growing_writes_the_tiles_that_growth_names() {
    let mut dice = Dice(9);
    let mut edge = Edge::default();
    for _ in 0..60 {
        let from = edge.size();
        let to = from + dice.below(700);
        let mut written: Vec<_> = edge
            .grow((from..to).map(|n| leaf_hash(&entry(n))))
            .into_iter()
            .map(|tile| tile.id)
            .collect();
        written.sort();
        let mut named = tiles::growth(from, to);
        named.sort();
        assert_eq!(written, named, "{from} to {to}");
    }
}

/// Serves our tiles to `tlog_tiles`, which checks every hash it is given against the signed root.
struct Served<'a>(&'a Tiles);

impl tlog_tiles::TileReader for Served<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &tlog_tiles::Tile| {
            self.0.0[&(tile.level(), tile.level_index())][..tile.width() as usize * 32].to_vec()
        };
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

#[test]
fn a_foreign_client_proves_from_our_tiles() {
    let (mut edge, mut tiles) = (Edge::default(), Tiles::default());
    tiles.grow(&mut edge, (0..70_000).map(|n| leaf_hash(&entry(n))));
    let root = tlog_tiles::Hash(edge.root());
    let served = Served(&tiles);
    let reader = tlog_tiles::TileHashReader::new(70_000, root, &served);
    for index in [0, 1, 255, 256, 65_535, 65_536, 69_999] {
        let theirs = tlog_tiles::prove_record(70_000, index, &reader).unwrap();
        let ours = merkle::inclusion(&mut tiles.nodes(), index, 70_000).unwrap();
        assert_eq!(theirs.iter().map(|hash| hash.0).collect::<Vec<_>>(), ours);
        let leaf = tlog_tiles::record_hash(&entry(index));
        let ours = ours.into_iter().map(tlog_tiles::Hash).collect();
        tlog_tiles::check_record(&ours, 70_000, root, index, leaf).unwrap();
    }
    for from in [1, 255, 256, 257, 65_536, 69_999] {
        let theirs = tlog_tiles::prove_tree(70_000, from, &reader).unwrap();
        let ours = merkle::consistency(&mut tiles.nodes(), from, 70_000).unwrap();
        assert_eq!(theirs.iter().map(|hash| hash.0).collect::<Vec<_>>(), ours);
    }
}

#[test]
fn notes_pass_both_ways() {
    use signed_note::{StandardSigner, StandardVerifier, VerifierList};
    let ours = signer();
    let (skey, vkey) = (ours.to_secret_text(), ours.verifier().to_string());
    let theirs = StandardSigner::new(&skey).unwrap();
    let their_verifier = StandardVerifier::new(&vkey).unwrap();
    let text = "first line\n\nafter an empty line\n";

    let note = Note::sign(text.to_owned(), &[&ours]).unwrap().to_string();
    let read = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    let list = VerifierList::new(vec![Box::new(their_verifier)]);
    assert_eq!(read.verify(&list).unwrap().0.len(), 1);

    let mut made = signed_note::Note::new(text.as_bytes(), &[]).unwrap();
    made.add_sigs(&[&theirs]).unwrap();
    let made = String::from_utf8(made.to_bytes()).unwrap();
    assert_eq!(made, note, "Ed25519 is deterministic: the notes are equal");
    assert_eq!(
        Note::parse(&made).unwrap().verify(&ours.verifier()),
        Ok(text)
    );

    // The example of the specification's documentation.
    let skey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let example = Signer::parse(skey).unwrap();
    assert_eq!(example.to_secret_text(), skey);
    assert_eq!(example.verifier().to_string(), vkey);
    assert_eq!(Verifier::parse(vkey).unwrap(), example.verifier());
    let text = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n";
    let note = format!(
        "{text}\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    );
    assert_eq!(
        Note::parse(&note).unwrap().verify(&example.verifier()),
        Ok(text)
    );
    assert_eq!(
        Note::sign(text.to_owned(), &[&example])
            .unwrap()
            .to_string(),
        note
    );
    // Another key's signature beside it is neither checked nor in the way.
    let both = Note::sign(text.to_owned(), &[&signer(), &example]).unwrap();
    let both = Note::parse(&both.to_string()).unwrap();
    assert_eq!(both.signatures().len(), 2);
    assert_eq!(both.verify(&example.verifier()), Ok(text));
}

#[test]
fn checkpoints_pass_both_ways() {
    let root = leaf_hash(b"root");
    let ours = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 70_000,
        root,
        extensions: vec!["one more line".to_owned()],
    };
    let read = tlog_tiles::Checkpoint::from_bytes(ours.to_string().as_bytes());
    // Their strict reader wants the empty line that divides text and signatures as well.
    let read = read
        .or_else(|_| tlog_tiles::Checkpoint::from_bytes(format!("{ours}\n").as_bytes()))
        .unwrap();
    assert_eq!(
        (read.origin(), read.size(), read.hash().0),
        (ORIGIN, 70_000, root)
    );
    let made = tlog_tiles::Checkpoint::new(ORIGIN, 5, tlog_tiles::Hash(root), "").unwrap();
    let made = String::from_utf8(made.to_bytes()).unwrap();
    let parsed = Checkpoint::parse(&made).unwrap();
    assert_eq!((parsed.size, parsed.root), (5, root));
    assert_eq!(parsed.to_string(), made);
}

#[test]
fn the_header_is_plain_cbor() {
    let header = Header {
        version: 1,
        recorded_at_us: -1_700_000_000_000_000,
        actor: "账号-1".to_owned(),
        organisation: "o".repeat(200),
        kind: 300,
        key: [1; 32],
        salt: [2; 32],
        rows: 70_000,
        rows_root: [3; 32],
        body_len: 5_000_000_000,
        body_hash: [4; 32],
    };
    let mut out = Vec::new();
    let mut e = minicbor::Encoder::new(&mut out);
    e.array(11)
        .unwrap()
        .u16(1)
        .unwrap()
        .i64(header.recorded_at_us)
        .unwrap();
    e.str(&header.actor)
        .unwrap()
        .str(&header.organisation)
        .unwrap()
        .u16(300)
        .unwrap();
    e.bytes(&[1; 32])
        .unwrap()
        .bytes(&[2; 32])
        .unwrap()
        .u32(70_000)
        .unwrap();
    e.bytes(&[3; 32])
        .unwrap()
        .u64(5_000_000_000)
        .unwrap()
        .bytes(&[4; 32])
        .unwrap();
    assert_eq!(header.encode(), out);
    assert_eq!(Header::decode(&out), Ok(header));
}
