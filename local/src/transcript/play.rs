//! A transcript from its first line to its last.

use std::{collections::BTreeMap, fmt};

use super::{
    pattern::{Names, heard},
    peer::{Peer, Trouble},
    script::{Case, Line, Transcript},
    target::Target,
};

/// So much of a long frame is shown.
const SHOWN_CHARS: usize = 400;

/// What became of a case.
#[derive(Debug)]
pub struct Played {
    /// Its title.
    pub title: String,
    /// Where the target said something else. A case goes on after one that rests on an unconfirmed point, and ends with any
    /// other.
    pub differences: Vec<Difference>,
}

/// A line that went otherwise.
#[derive(Debug)]
pub struct Difference {
    /// File and line.
    pub place: String,
    /// The line.
    pub expected: String,
    /// What was heard instead, or what went wrong.
    pub actual: String,
    /// The unconfirmed point that the line rests on: nobody has seen what AWS does there.
    pub unconfirmed: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if let Some(point) = &self.unconfirmed {
            write!(f, " (unconfirmed: {point})")?;
        }
        write!(
            f,
            "\n  expected: {}\n  heard:    {}",
            shorten(&self.expected),
            shorten(&self.actual)
        )
    }
}

/// Plays every case, one after the other.
pub async fn play(transcript: &Transcript, target: &Target) -> Vec<Played> {
    let mut played = Vec::with_capacity(transcript.cases.len());
    for case in &transcript.cases {
        let mut differences = Vec::new();
        for (number, difference) in play_case(case, target).await {
            differences.push(Difference {
                place: format!("{}:{number}", transcript.path.display()),
                ..difference
            });
        }
        played.push(Played {
            title: case.title.clone(),
            differences,
        });
    }
    played
}

async fn play_case(case: &Case, target: &Target) -> Vec<(usize, Difference)> {
    let mut differences = Vec::new();
    let mut peers: BTreeMap<&str, Peer> = BTreeMap::new();
    let mut names = Names::new();
    for line in &case.lines {
        let peer = peers.entry(&line.who).or_default();
        let Err(actual) = play_line(line, peer, target, &mut names).await else {
            continue;
        };
        let expected = format!("{} {}", line.verb, line.rest).trim_end().to_owned();
        let difference = Difference {
            place: String::new(),
            expected,
            actual,
            unconfirmed: line.unconfirmed.clone(),
        };
        let ends = difference.unconfirmed.is_none();
        differences.push((line.number, difference));
        if ends {
            break;
        }
    }
    differences
}

/// What was heard instead.
async fn play_line(
    line: &Line,
    peer: &mut Peer,
    target: &Target,
    names: &mut Names,
) -> Result<(), String> {
    let said = |trouble: Trouble| trouble.to_string();
    if line.from_client {
        return peer.say(line, target, names).await.map_err(said);
    }
    let actual = peer.hear(line).await.map_err(said)?;
    let mut expected = line.verb.clone();
    if !line.rest.is_empty() || line.verb == "body" {
        expected = format!("{expected} {}", line.rest);
    }
    match heard(&expected, &actual, names) {
        true => Ok(()),
        false => Err(actual),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
        None => text.to_owned(),
    }
}
