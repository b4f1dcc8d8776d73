//! Tickets. An authorizer can refuse with 401 and 403 alone, so which code it was stands in the log.

use shared::code::Code;
use tests::{Refused, Socket, TestStack, User};
use tokio::{sync::broadcast::Receiver, time::timeout};

use super::token::{KEY, expired};
use crate::registry::{PATIENCE, sockets_of};

/// Waits until the authorizer has logged that it refused a socket for the code.
async fn refusal_logged(logs: &mut Receiver<local::logs::LogLine>, code: Code) {
    let wanted = format!(r#""code":"{}""#, code.as_str());
    let wait = async {
        loop {
            let line = logs.recv().await.expect("a test reads fast enough");
            if &*line.function == "WsAuthorizerFunction" && line.text.contains(&wanted) {
                return;
            }
        }
    };
    timeout(PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("nothing was logged of {wanted}"));
}

/// The gateway's own answer.
fn refused(status: u16, message: &str) -> Refused {
    let status = status.try_into().expect("a status has three digits");
    Refused {
        status,
        body: format!(r#"{{"message":"{message}"}}"#),
    }
}

async fn refusal(url: &str) -> Refused {
    Socket::try_connect(url)
        .await
        .expect_err("the socket does not open")
}

async fn ticket(user: &User) -> String {
    user.rest.ticket("phone").await.ok()["ticket"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_socket_opens_with_a_young_ticket_of_ours_and_only_once() {
    let stack = TestStack::with()
        .parameter("TokenKeys", KEY)
        .no_schedules()
        .start()
        .await;
    let mut logs = stack.stack().logs().subscribe();
    let ada = stack.guest().await;
    let url = stack.socket_url();

    assert_eq!(refusal(&url).await, refused(401, "Unauthorized"));
    let access_token = stack.rest().guest().await.ok()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    for nonsense in ["nonsense", &access_token] {
        assert_eq!(
            refusal(&format!("{url}?ticket={nonsense}")).await,
            refused(401, "Unauthorized")
        );
        refusal_logged(&mut logs, Code::TicketInvalid).await;
    }
    let old = expired(&ticket(&ada).await);
    assert_eq!(
        refusal(&format!("{url}?ticket={old}")).await,
        refused(401, "Unauthorized")
    );
    refusal_logged(&mut logs, Code::TicketExpired).await;
    assert!(sockets_of(&stack, &ada).await.is_empty());

    let once = format!("{url}?ticket={}", ticket(&ada).await);
    let mut phone = Socket::connect(&once).await;
    assert_eq!(refusal(&once).await, refused(403, "Forbidden"));
    refusal_logged(&mut logs, Code::TicketUsed).await;
    assert_eq!(sockets_of(&stack, &ada).await.len(), 1);
    phone.send(&serde_json::json!({"type": "ping"})).await;
    assert_eq!(phone.next().await["type"], "pong");
}

#[tokio::test]
async fn an_address_opens_so_many_sockets_a_minute_and_not_one_more() {
    let stack = TestStack::with()
        .variable("RATE_LIMIT_WS_CONN", "2")
        .no_schedules()
        .start()
        .await;
    let mut logs = stack.stack().logs().subscribe();
    let ada = stack.guest().await;
    let _first = ada.device("phone").await;
    let _second = ada.device("tablet").await;
    assert_eq!(
        refusal(&ada.ticket_url("laptop").await).await,
        refused(403, "Forbidden")
    );
    refusal_logged(&mut logs, Code::RateLimited).await;
    assert!(
        sockets_of(&stack, &ada)
            .await
            .keys()
            .eq(["phone", "tablet"])
    );
}
