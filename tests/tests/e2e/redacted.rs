//! Snapshots of what differs from run to run: its form is checked, and a name stands in its place.

use insta::{Settings, dynamic_redaction, internals::Content};
use uuid::Uuid;

/// Settings that name ids, times and secrets instead of showing them. What has another form than it should, panics.
pub(crate) fn redacted() -> Settings {
    let mut settings = Settings::clone_current();
    for (selector, is_right, name) in [
        (
            ".**.session_id",
            is_session_id as fn(&str) -> bool,
            "[session]",
        ),
        (".**.user_id", is_uuid_v7, "[user]"),
        (".message.id", is_uuid_v7, "[message]"),
        (".messages[].id", is_uuid_v7, "[message]"),
        (".sessions[].messages[].id", is_uuid_v7, "[message]"),
        (".current.id", is_uuid_v7, "[message]"),
        (".last_message.id", is_uuid_v7, "[message]"),
        (".sessions[].last_message.id", is_uuid_v7, "[message]"),
        (".**.cursor", is_cursor, "[cursor]"),
        (".**.edited_at", is_time, "[time]"),
        (".**.deleted_at", is_time, "[time]"),
        (".**.created_at", is_time, "[time]"),
        (".**.expires_at", is_time, "[time]"),
        (".**.joined_at", is_time, "[time]"),
        (".server_time", is_time, "[time]"),
        (".access_token", is_jwt, "[jwt]"),
        (".ticket", is_jwt, "[jwt]"),
        (".refresh_token", is_256_bits, "[256 bits]"),
    ] {
        let check = move |value: Content, path: insta::internals::ContentPath<'_>| {
            let text = value.as_str().unwrap_or_default();
            assert!(is_right(text), "{path} is {value:?}");
            name
        };
        settings.add_redaction(selector, dynamic_redaction(check));
    }
    settings
}

fn is_uuid_v7(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok_and(|id| id.get_version_num() == 7)
}

/// `<uuid>.<key id>.<signature>`.
fn is_session_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    matches!(parts[..], [id, key, mac] if is_uuid_v7(id) && key.len() == 8 && mac.len() == 22)
}

/// `<epoch>.<change>`.
fn is_cursor(text: &str) -> bool {
    text.split_once('.').is_some_and(|(epoch, change)| {
        epoch.len() == 8 && change.chars().all(|c| c.is_ascii_digit())
    })
}

/// RFC 3339 in UTC with microseconds.
fn is_time(text: &str) -> bool {
    let form = |c: char| if c.is_ascii_digit() { '0' } else { c };
    text.chars()
        .map(form)
        .eq("0000-00-00T00:00:00.000000Z".chars())
}

fn is_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}

/// In base64 for addresses, without padding.
fn is_256_bits(text: &str) -> bool {
    text.len() == 43
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}
