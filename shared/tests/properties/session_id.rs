use proptest::prelude::*;
use shared::session::SessionId;
use uuid::Uuid;

use crate::keys;

const KEYS: &str = "SESSION_KEYS";

proptest! {
    #[test]
    fn what_was_signed_is_read_back(id in any::<u128>()) {
        let signed = SessionId::sign(&keys(KEYS), Uuid::from_u128(id));
        let read = SessionId::verify(&keys(KEYS), signed.as_str()).unwrap();
        prop_assert_eq!(read.as_str(), signed.as_str());
    }

    #[test]
    fn any_text_is_refused(text in any::<String>()) {
        prop_assert!(SessionId::verify(&keys(KEYS), &text).is_err());
    }

    #[test]
    fn one_other_byte_is_refused_or_means_the_same(id in any::<u128>(), place in 0..200_usize, byte in 0x20..0x7f_u8) {
        let signed = SessionId::sign(&keys(KEYS), Uuid::from_u128(id));
        let mut bytes = signed.as_str().as_bytes().to_vec();
        let place = place % bytes.len();
        bytes[place] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        if let Ok(read) = SessionId::verify(&keys(KEYS), &changed) {
            // Such as a digit of the id in upper case.
            prop_assert_eq!(read.as_str(), signed.as_str(), "{}", changed);
        }
    }

    #[test]
    fn a_part_is_refused(id in any::<u128>(), from in 0..80_usize, length in 0..80_usize) {
        let signed = SessionId::sign(&keys(KEYS), Uuid::from_u128(id));
        let text = signed.as_str();
        let from = from % text.len();
        let part = &text[from..(from + length).min(text.len())];
        prop_assert!(part == text || SessionId::verify(&keys(KEYS), part).is_err());
    }

    #[test]
    fn a_signature_belongs_to_one_id(id in any::<u128>(), other in any::<u128>()) {
        prop_assume!(id != other);
        let signed = SessionId::sign(&keys(KEYS), Uuid::from_u128(id));
        let swapped = format!("{}{}", Uuid::from_u128(other), &signed.as_str()[36..]);
        prop_assert!(SessionId::verify(&keys(KEYS), &swapped).is_err());
    }
}
