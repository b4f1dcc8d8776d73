//! The transcripts of `local/transcripts`, against a stack of their own.

use std::path::Path;

use local::{
    services::{Install, Lifetime},
    stack::{Stack, StackOptions},
    transcript::{Target, Transcript, play},
};

#[tokio::test]
async fn the_gateway_says_what_the_transcripts_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let state = concat!(env!("CARGO_MANIFEST_DIR"), "/../.local");
    let mut options = StackOptions::new(folder.join("template.yaml"), state);
    options.lifetime = Lifetime::Throwaway;
    options.install = Install::Private;
    let stack = Stack::start(options).await.unwrap();
    let target = Target::new(&stack.socket_url().unwrap(), &stack.url(), None).unwrap();
    let transcripts = Transcript::read_all(&folder).unwrap();
    assert!(!transcripts.is_empty());
    let mut differences = Vec::new();
    for transcript in transcripts {
        for case in play(&transcript, &target).await {
            let told = case.differences.iter();
            differences.extend(told.map(|difference| format!("{}\n{difference}", case.title)));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    stack.stop().await.unwrap();
}
