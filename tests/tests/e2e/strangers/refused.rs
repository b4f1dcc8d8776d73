//! Everybody whom a session is none of their business, with ids that are ours.

use serde_json::{Value, json};
use tests::{Device, User};

use super::{
    Scene, Seen, ask,
    probe::{self, Target},
};

/// How often a difference has to show. On a busy machine Redis may read in two parts what was sent as one; what a stranger can tell
/// shows each time.
const LOOKS: usize = 3;

#[tokio::test]
async fn every_route_and_every_type_has_its_probe() {
    let scene = Scene::new().await;
    let routes = probe::routes(&scene.stack);
    let missing: Vec<&String> = routes
        .iter()
        .filter(|route| probe::request(route, &scene.real).is_none())
        .collect();
    assert!(
        missing.is_empty(),
        "tell strangers/probe.rs how to try {missing:?}"
    );
    let missing: Vec<&str> = probe::types()
        .filter(|kind| probe::frame(kind, &scene.real).is_none())
        .collect();
    assert!(
        missing.is_empty(),
        "tell strangers/probe.rs how to try frames of type {missing:?}"
    );
}

/// A probe that fails for its owner as well would prove nothing.
#[tokio::test]
async fn the_owner_gets_through_with_every_probe() {
    let scene = Scene::new().await;
    let (ada, mut phone) = (&scene.ada, scene.ada.device("phone").await);
    for route in probe::routes(&scene.stack) {
        let target = Target::open(&scene.stack, ada).await;
        let request = probe::request(&route, &target).unwrap();
        let reply = ask(ada, &request).await;
        assert!(
            reply.status.is_success(),
            "{route}: {} {}",
            reply.status,
            reply.body
        );
    }
    for kind in probe::types() {
        let target = Target::open(&scene.stack, ada).await;
        phone.send(&probe::frame(kind, &target).unwrap()).await;
        if kind != "user_typing" {
            let answer = phone.next().await;
            assert_ne!(answer["type"], "error", "{kind}: {answer}");
            assert!(
                !answer.to_string().contains("\"error\""),
                "{kind}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_session_of_others_and_one_that_never_was_answer_alike_over_rest() {
    let scene = Scene::new().await;
    let mut faults = Vec::new();
    for (who, user) in scene.strangers() {
        for route in probe::routes(&scene.stack) {
            let look = async |target: &Target| seen_over_rest(&scene, user, &route, target).await;
            let (real, never) = compare(&scene, look).await;
            if !real.answer.contains(r#""code":"not_a_member""#) {
                faults.push(format!("{who} gets through {route}: {}", real.answer));
            }
            if real != never {
                faults.push(format!(
                    "{who} can tell by {route}: {real:#?} is not {never:#?}"
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    nothing_has_changed(&scene).await;
}

/// What is seen of the real one and of the one that never was.
async fn compare(scene: &Scene, mut look: impl AsyncFnMut(&Target) -> Seen) -> (Seen, Seen) {
    // The first request of a function may open its connections.
    look(&scene.never).await;
    let mut looks = 0;
    loop {
        let never = look(&scene.never).await;
        let real = look(&scene.real).await;
        looks += 1;
        if real == never || looks == LOOKS {
            return (real, never);
        }
    }
}

async fn seen_over_rest(scene: &Scene, user: &User, route: &str, target: &Target) -> Seen {
    let request = probe::request(route, target).unwrap();
    let (reply, counts) = scene.stack.counting(ask(user, &request)).await;
    Seen::reply(&reply, counts)
}

#[tokio::test]
async fn a_session_of_others_and_one_that_never_was_answer_alike_on_the_socket() {
    let scene = Scene::new().await;
    let mut faults = Vec::new();
    for (who, user) in scene.strangers() {
        let mut device = user.device("phone").await;
        for kind in probe::types() {
            let look =
                async |target: &Target| seen_on_socket(&scene, &mut device, kind, target).await;
            let (real, never) = compare(&scene, look).await;
            if !is_refusal(kind, &real) {
                faults.push(format!("{who} gets through with {kind}: {}", real.answer));
            }
            if real != never {
                faults.push(format!(
                    "{who} can tell by {kind}: {real:#?} is not {never:#?}"
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    nothing_has_changed(&scene).await;
}

async fn seen_on_socket(scene: &Scene, device: &mut Device, kind: &str, target: &Target) -> Seen {
    let frame = probe::frame(kind, target).unwrap();
    let answer = async {
        device.send(&frame).await;
        device.next().await
    };
    let (frame, counts) = scene.stack.counting(answer).await;
    Seen::frame(frame, target, counts)
}

/// A pong says of a session that is not the asker's what it says of one that nobody has at hand.
fn is_refusal(kind: &str, seen: &Seen) -> bool {
    match kind {
        "ping" => seen.answer.contains(r#""behind":["[session]"]"#),
        "sync" => seen.answer.contains(r#""error":"not_a_member""#),
        _ => seen.answer.contains(r#""code":"not_a_member""#),
    }
}

/// What a stranger tried left no mark.
async fn nothing_has_changed(scene: &Scene) {
    let rest = &scene.ada.rest;
    let session = rest.session(&scene.real.session).await.ok();
    assert_eq!(
        (&session["title"], &session["change"]),
        (&json!("private"), &json!(2))
    );
    let members = rest.members(&scene.real.session).await.ok();
    let marks = members["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| &member["read_seq"]);
    assert_eq!(marks.collect::<Vec<&Value>>(), [0, 0]);
}
