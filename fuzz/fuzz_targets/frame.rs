//! A frame: read or refused, never a panic, and its id comes back only if it is short.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::{
    code::{Code, Coded},
    frame::ClientFrame,
    message::Draft,
};

fuzz_target!(|text: &str| {
    let (id, frame) = ClientFrame::parse(text);
    assert!(id.is_none_or(|id| (1..=64).contains(&id.chars().count())));
    match frame {
        Ok(ClientFrame::Message { id, content, metadata, .. }) => {
            if let Ok(draft) = Draft::new(&id, &content, metadata) {
                assert!(!draft.content.contains('\0') && !draft.key.contains('\0'));
            }
        }
        Ok(_) => {}
        Err(error) => assert!([Code::MalformedFrame, Code::UnknownType, Code::InvalidField].contains(&error.code())),
    }
});
