//! What a WebSocket client may do and what it may not: the cases of the Autobahn test suite, by the numbers of its
//! groups, with what API Gateway makes of them. It takes no binary messages, and no frames over 32 KiB.

use std::time::Duration;

use serde_json::Value;

use super::{
    functions::{Reply, body, ok},
    raw::{BINARY, CLOSE, COMPRESSED, FIN, MORE, PING, PONG, Raw, Said, TEXT, close, frame},
    world::{Setup, World},
};

const PROTOCOL_ERROR: (u16, &str) = (1002, "Protocol error");
const NOT_UTF8: (u16, &str) = (1007, "Invalid frame payload data");
const TOO_BIG: (u16, &str) = (1009, "Message Too Big");

fn echo(event: Value) -> Reply {
    body(event["body"].as_str().unwrap())
}

async fn world() -> World {
    let setup = Setup::new()
        .one_way("$connect", |_| ok())
        .one_way("$disconnect", |_| ok());
    setup.two_way("$default", echo).start().await
}

/// Says something, and expects to be answered and left open.
async fn answers(world: &World, what: &str, bytes: &[u8], answers: &[Said]) {
    let mut client = Raw::open(world, &[]).await;
    client.send(bytes).await;
    for answer in answers {
        assert_eq!(client.said().await, *answer, "{what}");
    }
    client.send(frame(FIN | CLOSE, close(1000, ""))).await;
    assert_eq!(client.said().await, Said::close(1000, ""), "{what}");
    assert_eq!(client.said().await, Said::End, "{what}");
}

/// Says something, and expects the socket to be closed and `$disconnect` to be told the same.
async fn is_refused(world: &World, what: &str, bytes: &[u8], (code, reason): (u16, &str)) {
    let nth = world.events("$disconnect").len();
    let mut client = Raw::open(world, &[]).await;
    client.send(bytes).await;
    assert_eq!(client.said().await, Said::close(code, reason), "{what}");
    assert_eq!(client.said().await, Said::End, "{what}");
    let event = world.event("$disconnect", nth).await;
    let context = &event["requestContext"];
    assert_eq!(context["disconnectStatusCode"], code, "{what}");
    assert_eq!(context["disconnectReason"], reason, "{what}");
}

#[tokio::test]
async fn group_1_texts_of_every_length_are_taken_up_to_a_frame() {
    let world = world().await;
    for length in [
        1,
        125,
        126,
        127,
        128,
        4096,
        16 * 1024,
        16 * 1024 + 1,
        32 * 1024,
    ] {
        let text = "*".repeat(length);
        let bytes = frame(FIN | TEXT, &text);
        answers(&world, &length.to_string(), &bytes, &[Said::Text(text)]).await;
    }
    for length in [32 * 1024 + 1, 65_535, 65_536] {
        let bytes = frame(FIN | TEXT, "*".repeat(length));
        is_refused(&world, &length.to_string(), &bytes, TOO_BIG).await;
    }
    let unsupported = (1003, "Unsupported Data");
    for length in [0, 1, 65_536] {
        let bytes = frame(FIN | BINARY, vec![0xFE; length]);
        is_refused(&world, "binary", &bytes, unsupported).await;
    }
}

#[tokio::test]
async fn group_2_pings_are_answered_and_pongs_are_not() {
    let world = world().await;
    let pong = |payload: &[u8]| Said::Pong(payload.to_vec());
    answers(&world, "empty", &frame(FIN | PING, ""), &[pong(b"")]).await;
    let bytes = [0x00, 0xFF, 0xFE, 0xFD];
    answers(&world, "bytes", &frame(FIN | PING, bytes), &[pong(&bytes)]).await;
    let long = [0xFE; 125];
    answers(
        &world,
        "125 bytes",
        &frame(FIN | PING, long),
        &[pong(&long)],
    )
    .await;
    is_refused(
        &world,
        "126 bytes",
        &frame(FIN | PING, [0xFE; 126]),
        PROTOCOL_ERROR,
    )
    .await;
    let unasked = [frame(FIN | PONG, "unasked"), frame(FIN | PING, "p")].concat();
    answers(&world, "an unasked pong", &unasked, &[pong(b"p")]).await;
    let ten: Vec<u8> = (0..10).flat_map(|n| frame(FIN | PING, [n])).collect();
    let pongs: Vec<Said> = (0..10).map(|n| pong(&[n])).collect();
    answers(&world, "ten at once", &ten, &pongs).await;
    let mut client = Raw::open(&world, &[]).await;
    client.trickle(&ten).await;
    for pong in pongs {
        assert_eq!(client.said().await, pong);
    }
}

#[tokio::test]
async fn group_3_reserved_bits_mean_nothing() {
    let world = world().await;
    for bits in 1..8_u8 {
        for opcode in [TEXT, PING, CLOSE] {
            let bytes = frame(FIN | bits << 4 | opcode, "x");
            is_refused(&world, &format!("{bits} {opcode}"), &bytes, PROTOCOL_ERROR).await;
        }
    }
}

#[tokio::test]
async fn group_4_reserved_opcodes_mean_nothing() {
    let world = world().await;
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for payload in ["", "payload"] {
            let bytes = frame(FIN | opcode, payload);
            is_refused(&world, &opcode.to_string(), &bytes, PROTOCOL_ERROR).await;
        }
    }
}

#[tokio::test]
async fn group_5_messages_come_in_pieces() {
    let world = world().await;
    let (text, pong) = (Said::text("Hello"), Said::Pong(b"?".to_vec()));
    let (start, end) = (frame(TEXT, "Hel"), frame(FIN | MORE, "lo"));
    let ping = frame(FIN | PING, "?");
    let pieces = [start.clone(), end.clone()].concat();
    answers(&world, "two", &pieces, std::slice::from_ref(&text)).await;
    let pinged = [start.clone(), ping, end.clone()].concat();
    answers(&world, "a ping between", &pinged, &[pong, text.clone()]).await;
    let empty = [frame(TEXT, ""), frame(MORE, ""), frame(FIN | MORE, "Hello")].concat();
    answers(&world, "empty pieces", &empty, std::slice::from_ref(&text)).await;
    let mut client = Raw::open(&world, &[]).await;
    client.trickle(&pieces).await;
    assert_eq!(client.said().await, text);

    let refused = [
        ("a ping in pieces", frame(PING, "x")),
        ("a pong in pieces", frame(PONG, "x")),
        ("a close in pieces", frame(CLOSE, close(1000, ""))),
        ("an end without a start", end.clone()),
        ("a middle without a start", frame(MORE, "x")),
        (
            "a start within a message",
            [start.clone(), start.clone()].concat(),
        ),
        (
            "a whole text within a message",
            [start, frame(FIN | TEXT, "x")].concat(),
        ),
        (
            "an end after the end",
            [frame(FIN | MORE, ""), pieces].concat(),
        ),
    ];
    for (what, bytes) in refused {
        is_refused(&world, what, &bytes, PROTOCOL_ERROR).await;
    }
}

#[tokio::test]
async fn group_6_texts_are_utf8() {
    let world = world().await;
    for text in [
        "κόσμε",
        "\u{0}",
        "\u{7f}",
        "\u{80}",
        "\u{7ff}",
        "\u{800}",
        "\u{ffff}",
        "\u{10000}",
        "\u{10ffff}",
    ] {
        answers(&world, text, &frame(FIN | TEXT, text), &[Said::text(text)]).await;
        // Cut within its characters.
        let mut pieces: Vec<u8> = frame(TEXT, "");
        pieces.extend(text.bytes().flat_map(|byte| frame(MORE, [byte])));
        pieces.extend(frame(FIN | MORE, ""));
        answers(&world, text, &pieces, &[Said::text(text)]).await;
    }
    let invalid: [&[u8]; 14] = [
        b"\x80",
        b"\xbf",
        b"\xc0\xaf",
        b"\xc1\xbf",
        b"\xe0\x80\xaf",
        b"\xf0\x80\x80\xaf",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xed\xa0\x80\xed\xb0\x80",
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
        b"\xfe",
        b"\xce",
    ];
    for bytes in invalid {
        let what = format!("{bytes:x?}");
        is_refused(&world, &what, &frame(FIN | TEXT, bytes), NOT_UTF8).await;
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let pieces = [frame(TEXT, first), frame(FIN | MORE, second)].concat();
        is_refused(&world, &what, &pieces, NOT_UTF8).await;
    }
    // What can no longer become UTF-8 need not come to its end.
    let unfinished = [frame(TEXT, b"\xce\xba\xf4"), frame(MORE, b"\x90")].concat();
    is_refused(&world, "an unfinished message", &unfinished, NOT_UTF8).await;
}

#[tokio::test]
async fn group_7_close_frames_are_answered_alike() {
    let world = world().await;
    for code in [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 3999, 4000, 4999,
    ] {
        for reason in ["", "bye", &"*".repeat(123)] {
            let bytes = frame(FIN | CLOSE, close(code, reason));
            is_refused(&world, &code.to_string(), &bytes, (code, reason)).await;
        }
    }
    for code in [
        0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ] {
        let bytes = frame(FIN | CLOSE, close(code, "bye"));
        is_refused(&world, &code.to_string(), &bytes, PROTOCOL_ERROR).await;
    }
    is_refused(
        &world,
        "half a code",
        &frame(FIN | CLOSE, [3]),
        PROTOCOL_ERROR,
    )
    .await;
    is_refused(
        &world,
        "too long",
        &frame(FIN | CLOSE, close(1000, "*".repeat(124))),
        PROTOCOL_ERROR,
    )
    .await;
    is_refused(
        &world,
        "a reason of bytes",
        &frame(FIN | CLOSE, close(1000, [0xCE])),
        NOT_UTF8,
    )
    .await;
}

#[tokio::test]
async fn group_7_nothing_counts_after_a_close_frame() {
    let world = world().await;
    for after in [
        frame(FIN | PING, "x"),
        frame(FIN | TEXT, "late"),
        frame(FIN | CLOSE, ""),
    ] {
        let mut client = Raw::open(&world, &[]).await;
        client.send([frame(FIN | CLOSE, ""), after].concat()).await;
        assert_eq!(client.said().await, Said::Close(None));
        assert_eq!(client.said().await, Said::End);
    }
    assert!(world.events("$default").is_empty());
}

#[tokio::test]
async fn group_9_messages_are_bounded_over_all_of_their_frames() {
    let world = world().await;
    let (start, more) = (
        frame(TEXT, "x".repeat(32 * 1024)),
        frame(MORE, "x".repeat(32 * 1024)),
    );
    let most = [
        &start[..],
        &more,
        &more,
        &frame(FIN | MORE, "x".repeat(32 * 1024)),
    ]
    .concat();
    let mut client = Raw::open(&world, &[]).await;
    client.send(&most).await;
    for first in [TEXT, MORE, MORE, FIN | MORE] {
        assert_eq!(
            client.said().await,
            Said::Other(first, 32 * 1024),
            "the answer has frames too"
        );
    }
    let over = [&start[..], &more, &more, &more, &frame(MORE, "x")].concat();
    is_refused(&world, "a byte more", &over, TOO_BIG).await;
    let tiny: Vec<u8> = (0..3000).flat_map(|_| frame(MORE, "x")).collect();
    let pieces = [frame(TEXT, ""), tiny, frame(FIN | MORE, "")].concat();
    answers(
        &world,
        "many frames",
        &pieces,
        &[Said::text("x".repeat(3000))],
    )
    .await;
}

#[tokio::test]
async fn frames_of_a_client_are_masked_and_short() {
    let world = world().await;
    let refused: [(&str, &[u8]); 5] = [
        ("no mask", b"\x81\x02hi"),
        ("a ping without a mask", b"\x89\x00"),
        ("16 bits for a short length", b"\x81\xfe\x00\x02\0\0\0\0hi"),
        (
            "64 bits for a short length",
            b"\x81\xff\0\0\0\0\0\0\x00\x02\0\0\0\0hi",
        ),
        (
            "a negative length",
            b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
    ];
    for (what, bytes) in refused {
        is_refused(&world, what, bytes, PROTOCOL_ERROR).await;
    }
    let endless = b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0";
    is_refused(&world, "an endless frame", endless, TOO_BIG).await;
}

#[tokio::test]
async fn a_flood_of_pings_fills_no_memory_and_starves_nobody() {
    let world = world().await;
    let mut client = Raw::open(&world, &[]).await;
    // More than the buffers of the kernel take when nobody reads the answers.
    let pings = 100_000_u32;
    for first in (0..pings).step_by(1000) {
        let batch: Vec<u8> = (first..first + 1000)
            .flat_map(|n| frame(FIN | PING, format!("{n:0>100}")))
            .collect();
        client.send(batch).await;
    }
    client.send(frame(FIN | TEXT, "still there")).await;
    let (mut pongs, mut last) = (0, Said::End);
    let mut echoed = false;
    while !(echoed && last == Said::Pong(format!("{:0>100}", pings - 1).into_bytes())) {
        match client.said().await {
            Said::Text(text) => echoed = text == "still there",
            pong => (pongs, last) = (pongs + 1, pong),
        }
    }
    assert!(pongs <= pings, "{pongs}");
}

#[tokio::test]
async fn a_client_that_stops_in_the_middle_of_a_frame_is_lost() {
    let world = world().await;
    let mut client = Raw::open(&world, &[]).await;
    let whole = frame(FIN | TEXT, "never whole");
    client.send(&whole[..whole.len() - 1]).await;
    drop(client);
    let event = world.event("$disconnect", 0).await;
    assert_eq!(event["requestContext"]["disconnectStatusCode"], 1006);
    assert!(world.events("$default").is_empty());
}

#[tokio::test]
async fn what_a_function_posts_before_it_closes_a_socket_is_said_first() {
    let world = world().await;
    let mut client = Raw::open(&world, &[]).await;
    let path = format!("/prod/@connections/{}", world.connection_id());
    for _ in 0..5 {
        let post = world
            .request(&format!("POST {path}"), &[], &[b'x'; 100_000])
            .await;
        assert_eq!(post.status, 200);
    }
    assert_eq!(
        world
            .request(&format!("DELETE {path}"), &[], b"")
            .await
            .status,
        204
    );
    for _ in 0..5 {
        for frame in [
            (TEXT, 32_768),
            (MORE, 32_768),
            (MORE, 32_768),
            (FIN | MORE, 1696),
        ] {
            assert_eq!(client.said().await, Said::Other(frame.0, frame.1));
        }
    }
    assert_eq!(
        client.said().await,
        Said::close(1000, "Connection Closed Normally")
    );
    // A client that goes on talking instead of agreeing does not keep the socket.
    for _ in 0..3 {
        client.send(frame(FIN | TEXT, "but")).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    client.send(frame(FIN | CLOSE, close(1000, ""))).await;
    assert_eq!(client.said().await, Said::End);
    assert!(world.events("$default").is_empty());
}

#[tokio::test]
async fn compression_without_an_agreement_is_a_protocol_error() {
    let world = world().await;
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let bytes = frame(FIN | COMPRESSED | TEXT, hello);
    is_refused(&world, "compressed", &bytes, PROTOCOL_ERROR).await;
}
