//! Pushes: to everybody else, once, and never to the sending socket.

use std::collections::{HashMap, HashSet};

use super::{Rule, Violation, facts::Facts};
use crate::history::{Answer, Device, Request, Session, Via, What};

/// A socket that was open while nothing was broken.
struct Open {
    device: Device,
    socket: u64,
    from: u64,
    to: u64,
}

/// Every message that was sent and acknowledged in the calm came to every other open socket, once.
pub(super) fn pushed(facts: &Facts<'_>) -> Vec<Violation> {
    let Some(calm) = facts
        .events
        .iter()
        .find(|event| event.what == What::Calm)
        .map(|event| event.at)
    else {
        return Vec::new();
    };
    let (open, pushes) = (sockets(facts), pushes(facts));
    let mut violations = Vec::new();
    for asked in facts.asked.iter().filter(|asked| asked.first() > calm) {
        let (Request::Send { session, key, .. }, [only]) = (asked.request, asked.tries.as_slice())
        else {
            continue;
        };
        let Some((
            acked,
            Answer::Acked {
                id,
                duplicate: false,
                ..
            },
        )) = only.answer
        else {
            continue;
        };
        for Open { device, socket, .. } in open
            .iter()
            .filter(|open| open.from < only.at && open.to > acked)
        {
            let is_sender = matches!(only.via, Via::Socket { socket: own, .. } if own == *socket);
            if is_sender || !facts.was_inside(*session, device.user, only.at, u64::MAX - 1) {
                continue;
            }
            let count = pushes.get(&(*socket, *session, *id)).copied().unwrap_or(0);
            if count != 1 {
                violations.push(Violation::new(
                    Rule::Pushed,
                    format!("{session}: {key} came {count} times to {device}, in the calm"),
                ));
            }
        }
    }
    violations
}

/// A message never comes back to the socket that all of its tries left through.
pub(super) fn no_echo(facts: &Facts<'_>) -> Vec<Violation> {
    let pushes = pushes(facts);
    let mut violations = Vec::new();
    for asked in &facts.asked {
        let Request::Send { session, key, .. } = asked.request else {
            continue;
        };
        let vias: HashSet<_> = asked
            .tries
            .iter()
            .map(|one| match one.via {
                Via::Socket { socket, .. } => Some(socket),
                Via::Rest => None,
            })
            .collect();
        let (Some(Some(socket)), 1) = (vias.iter().next(), vias.len()) else {
            continue;
        };
        let ids: HashSet<_> = asked
            .answers()
            .filter_map(|answer| match answer {
                Answer::Acked { id, .. } => Some(*id),
                _ => None,
            })
            .collect();
        for id in ids {
            if pushes.contains_key(&(*socket, *session, id)) {
                violations.push(Violation::new(
                    Rule::Pushed,
                    format!("{session}: {key} came back to the socket that sent it"),
                ));
            }
        }
    }
    violations
}

/// How often each socket was pushed each new message.
fn pushes(facts: &Facts<'_>) -> HashMap<(u64, Session, uuid::Uuid), usize> {
    let mut counts = HashMap::new();
    for event in facts.events {
        if let What::Pushed {
            socket,
            session,
            push,
            ..
        } = &event.what
            && push.seen.rev == 1
        {
            *counts.entry((*socket, *session, push.seen.id)).or_default() += 1;
        }
    }
    counts
}

fn sockets(facts: &Facts<'_>) -> Vec<Open> {
    let mut open: HashMap<u64, Open> = HashMap::new();
    for event in facts.events {
        match &event.what {
            What::Opened { device, socket } => {
                open.insert(
                    *socket,
                    Open {
                        device: *device,
                        socket: *socket,
                        from: event.at,
                        to: u64::MAX,
                    },
                );
            }
            What::Ended { socket, .. } => {
                if let Some(open) = open.get_mut(socket) {
                    open.to = event.at;
                }
            }
            _ => {}
        }
    }
    open.into_values().collect()
}
