//! The harness itself: a world in one line, counted, broken and mended.

use std::time::Duration;

use tests::{Refused, Socket, TestStack};

#[tokio::test]
async fn two_devices_of_two_users_talk_in_a_stack_of_their_own() {
    let stack = TestStack::start().await;
    let (ada, bob) = (
        stack.guest().await,
        stack
            .sign_up("bob@example.com", "correct horse battery")
            .await,
    );
    let session = ada.open_session("Tea").await;
    ada.rest.add_member(&session, &bob.id, "member").await.ok();
    let (mut phone, mut laptop) = (ada.device("phone").await, bob.device("laptop").await);

    let ack = phone.message(&session, "hello").await;
    assert_eq!(ack["type"], "ack");
    let push = laptop.next_of("message").await;
    assert_eq!(push["message"]["content"], "hello");
    assert_eq!(push["message"]["seq"], ack["message"]["seq"]);
    assert!(phone.pushes().is_empty(), "the sender has its ack");
    phone.silence(Duration::from_millis(100)).await;

    let since = bob
        .rest
        .since(&session, &[("after_change", "0")])
        .await
        .ok();
    assert_eq!(since["messages"][0]["content"], "hello");
    phone.close().await;
    laptop.vanish();
    stack.stop().await;
}

#[tokio::test]
async fn round_trips_are_counted() {
    let stack = TestStack::with()
        .one_process_each()
        .no_schedules()
        .start()
        .await;
    let ada = stack.guest().await;
    let session = ada.open_session("Tea").await;
    let mut phone = ada.device("phone").await;
    phone.message(&session, "opens the connections").await;
    let (ack, counts) = stack.counting(phone.message(&session, "is counted")).await;
    assert_eq!(ack["type"], "ack");
    assert_eq!(counts.statement_calls(), 1, "{counts:#?}");
    let ((), nothing) = stack.counting(async {}).await;
    assert_eq!(
        (nothing.statement_calls(), nothing.redis_reads),
        (0, 0),
        "{nothing:#?}"
    );
    assert!(nothing.commands.is_empty(), "{nothing:#?}");
}

#[tokio::test]
async fn the_databases_can_be_taken_away_and_given_back() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = ada.open_session("Tea").await;
    stack.stop_postgres().await;
    assert!(
        !ada.rest
            .send(&session, "0198c0de-0000-7000-8000-000000000001", "lost?")
            .await
            .status
            .is_success()
    );
    stack.start_postgres().await;
    ada.rest
        .send(&session, "0198c0de-0000-7000-8000-000000000001", "kept")
        .await
        .ok();
    stack.stop_redis().await;
    ada.rest
        .send(&session, "0198c0de-0000-7000-8000-000000000002", "kept too")
        .await
        .ok();
    stack.start_redis().await;
    ada.rest
        .send(&session, "0198c0de-0000-7000-8000-000000000003", "and this")
        .await
        .ok();
}

#[tokio::test]
async fn a_socket_without_a_ticket_is_refused_and_a_variable_takes_effect() {
    let stack = TestStack::with()
        .variable("WS_PONG_WAIT", "nonsense")
        .no_schedules()
        .start()
        .await;
    let refused = Socket::try_connect(&stack.socket_url()).await.unwrap_err();
    assert_eq!(
        refused,
        Refused {
            status: "401".parse().unwrap(),
            body: r#"{"message":"Unauthorized"}"#.to_owned()
        }
    );
    let reply = stack.rest().guest().await;
    assert_eq!(
        reply.status, 500,
        "the functions do not start with nonsense"
    );
}
