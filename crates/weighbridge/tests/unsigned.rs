//! Where entries were kept and the checkpoint over them could not be: that is said, and the receipt comes later.

mod common;

use common::Story;

/// Nothing can be written under this name while a folder has it.
const IN_THE_WAY: &str = "account/checkpoint.new";

#[test]
fn what_was_kept_without_a_checkpoint_is_told_and_gets_its_receipt() {
    for lang in ["en", "zh"] {
        let story = Story::new();
        story
            .run("init account --origin example.org/account")
            .good();
        story.run("import account holders.csv").good();
        std::fs::create_dir(story.path(IN_THE_WAY)).unwrap();
        let refused = story.run(&format!("import account sender.csv --lang {lang}"));
        assert_eq!(refused.code(), 1);
        assert!(!story.path("account/receipts/00000001.receipt").exists());
        let unsigned = story.run("verify account --json").good().json();
        assert_eq!(
            (&unsigned["entries"], &unsigned["signed"]),
            (&2.into(), &1.into())
        );
        let none = story.run(&format!("receipt show account 1 --lang {lang}"));
        assert_eq!(none.code(), 1);
        std::fs::remove_dir(story.path(IN_THE_WAY)).unwrap();
        let again = story.run(&format!("import account sender.csv --lang {lang}"));
        let receipt =
            "receipt verify account/receipts/00000001.receipt --key account/weighbridge.pub";
        story.run(receipt).good();
        let said = [refused.said(), none.said(), again.said()].join("\n");
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("unsigned_{lang}"), said);
        });
    }
}
