//! Ids that no key of ours signed: refused before any database is asked, whoever brings them.

use shared::code::Code;
use uuid::Uuid;

use super::{
    OLD_KEY, Scene, ask,
    probe::{self, Target},
    signed,
};

const INVALID: &str = Code::InvalidSessionId.as_str();

/// Forged ids of a session: what each is, and the id.
fn forged(real: &str, other: &str) -> Vec<(&'static str, String)> {
    let (id, stem) = (&real[..36], real.rsplit_once('.').unwrap().0);
    let signature = &real[stem.len() + 1..];
    let uuid: Uuid = id.parse().unwrap();
    let turned: String = signature.chars().rev().collect();
    vec![
        ("unsigned", id.to_owned()),
        ("without its signature", stem.to_owned()),
        ("truncated", real[..real.len() - 6].to_owned()),
        ("lengthened", format!("{real}AA")),
        ("of another signature", format!("{stem}.{turned}")),
        ("signed by a key that is not listed", signed(OLD_KEY, uuid)),
        ("swapped with another", format!("{id}{}", &other[36..])),
        ("of an unknown key", format!("{id}.00000000.{signature}")),
        ("no id at all", "x.y.z".to_owned()),
    ]
}

#[tokio::test]
async fn a_forged_id_asks_no_database_over_rest() {
    let scene = Scene::new().await;
    let (ada, eve) = (&scene.ada, &scene.eve);
    let ids = forged(&scene.real.session, &scene.never.session);
    for route in probe::routes(&scene.stack) {
        let tries = async {
            for (what, id) in &ids {
                let target = Target {
                    session: id.clone(),
                    ..scene.real.clone()
                };
                let request = probe::request(&route, &target).unwrap();
                // Its owner has no more luck with it than anybody else.
                for user in [ada, eve] {
                    let reply = ask(user, &request).await;
                    let refused = (reply.code(), reply.body["field"].as_str());
                    let expected = (Some(Code::InvalidSessionId.as_str()), Some("session_id"));
                    assert_eq!(
                        refused, expected,
                        "{route} with an id {what}: {}",
                        reply.body
                    );
                }
            }
        };
        let ((), counts) = scene.stack.counting(tries).await;
        assert_eq!(counts.statements, Default::default(), "{route}");
        assert!(
            !names_a_session(&counts.commands),
            "{route}: {:?}",
            counts.commands
        );
    }
}

#[tokio::test]
async fn a_forged_id_asks_no_database_on_the_socket() {
    let scene = Scene::new().await;
    let ids = forged(&scene.real.session, &scene.never.session);
    for user in [&scene.ada, &scene.eve] {
        let mut device = user.device("phone").await;
        for kind in probe::types() {
            let tries = async {
                for (what, id) in &ids {
                    let target = Target {
                        session: id.clone(),
                        ..scene.real.clone()
                    };
                    device.send(&probe::frame(kind, &target).unwrap()).await;
                    let answer = device.next().await;
                    let (said, expected) = match kind {
                        // A sync says why.
                        "ping" => (&answer["behind"][0], &**id),
                        "sync" => (&answer["sessions"][0]["error"], INVALID),
                        _ => (&answer["code"], INVALID),
                    };
                    assert_eq!(*said, expected, "{kind} with an id {what}: {answer}");
                }
            };
            let ((), mut counts) = scene.stack.counting(tries).await;
            if kind == "ping" {
                // The socket is registered as seen, whatever it asks about.
                let seen = counts.commands.remove("zadd");
                assert_eq!(seen, Some(ids.len() as u64), "{:?}", counts.commands);
            }
            assert_eq!(counts.statements, Default::default(), "{kind}");
            assert!(
                !names_a_session(&counts.commands),
                "{kind}: {:?}",
                counts.commands
            );
        }
    }
}

/// Whether a command was sent that only sessions need.
fn names_a_session(commands: &std::collections::BTreeMap<String, u64>) -> bool {
    let of_sessions = ["hkeys", "lrange", "rpush", "zadd", "zrange", "hmget"];
    commands
        .keys()
        .any(|command| of_sessions.contains(&command.as_str()))
}
