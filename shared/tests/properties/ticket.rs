use proptest::prelude::*;
use shared::token::{AccessToken, Identity, NotedIn, TicketHolder};
use uuid::Uuid;

use crate::keys;

const KEYS: &str = "TOKEN_KEYS";

fn identity() -> impl Strategy<Value = Identity> {
    (any::<u128>(), any::<u128>(), any::<String>()).prop_map(|(user, sign_in, locale)| Identity {
        user_id: Uuid::from_u128(user),
        sign_in: Uuid::from_u128(sign_in),
        locale,
    })
}

proptest! {
    #[test]
    fn any_text_is_refused(text in prop_oneof![any::<String>(), "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,50}"]) {
        prop_assert!(TicketHolder::verify(&keys(KEYS), &text).is_err());
        prop_assert!(AccessToken::verify(&keys(KEYS), &text).is_err());
    }

    #[test]
    fn what_was_signed_is_read_back(identity in identity(), device in any::<String>(), origin in any::<Option<String>>()) {
        let holder = TicketHolder::new(identity.clone(), &device, origin.clone());
        let (read, noted) = TicketHolder::verify(&keys(KEYS), &holder.sign(&keys(KEYS), NotedIn::Postgres).0).unwrap();
        prop_assert_eq!(noted, NotedIn::Postgres);
        prop_assert_eq!((read.identity, read.device_id, read.origin, read.ticket_id), (identity.clone(), device, origin, holder.ticket_id));
        let token = AccessToken::issue(&keys(KEYS), &identity);
        prop_assert_eq!(AccessToken::verify(&keys(KEYS), &token.0).unwrap(), identity);
    }

    #[test]
    fn one_other_character_is_refused(identity in identity(), place in any::<prop::sample::Index>(), other in "[A-Za-z0-9_-]") {
        let ticket = TicketHolder::new(identity, "phone", None).sign(&keys(KEYS), NotedIn::Redis).0;
        let place = place.index(ticket.len());
        // The last character of 43 has two bits that mean nothing, and a reader may ignore them.
        prop_assume!(ticket[place..=place] != other && place + 1 < ticket.len());
        let changed = format!("{}{other}{}", &ticket[..place], &ticket[place + 1..]);
        prop_assert!(TicketHolder::verify(&keys(KEYS), &changed).is_err());
    }

    #[test]
    fn a_ticket_opens_no_route_and_a_token_no_socket(identity in identity()) {
        let ticket = TicketHolder::new(identity.clone(), "phone", None).sign(&keys(KEYS), NotedIn::Redis);
        prop_assert!(AccessToken::verify(&keys(KEYS), &ticket.0).is_err());
        let token = AccessToken::issue(&keys(KEYS), &identity);
        prop_assert!(TicketHolder::verify(&keys(KEYS), &token.0).is_err());
    }
}
