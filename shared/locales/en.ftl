# Every error in English. A key is a code of the protocol; docs/CONTRIBUTING.md says how a language is written.

## Parts of other messages

# How long to wait. $unit is second, minute, hour, day or later; later stands for "some time" and has no $count.
wait = { $unit ->
    [second] { $count ->
        [one] in { $count } second
       *[other] in { $count } seconds
    }
    [minute] { $count ->
        [one] in { $count } minute
       *[other] in { $count } minutes
    }
    [hour] { $count ->
        [one] in { $count } hour
       *[other] in { $count } hours
    }
    [day] { $count ->
        [one] in { $count } day
       *[other] in { $count } days
    }
   *[later] later
}

## Frames, bodies and fields

malformed_frame = The frame is not a JSON object with a type.
unknown_type = This type of frame is not known.
malformed_body = The body is not a JSON object.
# $field is the field's name in the protocol, never translated.
invalid_field = The field { $field } is missing or has the wrong form.

## Messages

message_empty = The message is empty.
# $max is a number of bytes.
message_too_large = The message is too long; { $max ->
    [one] { $max } byte fits
   *[other] { $max } bytes fit
}.
# $max is a number of bytes.
metadata_too_large = The metadata is too large; { $max ->
    [one] { $max } byte fits
   *[other] { $max } bytes fit
}.
idempotency_conflict = This id was already used for another message.
message_not_found = There is no such message in this session.
# What was to be altered, a message or a session, has been altered by somebody else.
conflict = Somebody was faster; see what it is now.
# What the client keeps of this session is of another life of the server.
reset = Load this session anew.

## Sessions and members

invalid_session_id = This is not a session's id.
not_a_member = You are not a member of this session.
forbidden = Your role does not allow this.
session_expired = This session has ended.
user_not_found = There is no such user.
invite_invalid = This invite is not valid, or not any more.
limit_reached = There are as many of these as are allowed.
not_found = There is nothing here.

## Signing in

unauthorized = Sign in first.
token_expired = The access token has expired; refresh it.
invalid_credentials = The e-mail address or the password is wrong.
email_taken = This e-mail address already has an account.
already_signed_up = This user has already signed up.
invalid_email = This is not an e-mail address.
# $min and $max are numbers of characters.
invalid_password = A password has { $min } to { $max } characters.
refresh_token_invalid = The refresh token is not valid; log in again.
refresh_token_reused = The refresh token was used before; log in again.
ticket_invalid = The ticket is not valid.
ticket_expired = The ticket has expired; ask for a new one.
ticket_used = The ticket was used before; ask for a new one.

## Limits and faults

rate_limited = Too many requests; try again { wait }.
quota_exceeded = Today's messages are used up; try again { wait }.
unavailable = This is not available now; try again.
internal = Something went wrong on our side.
