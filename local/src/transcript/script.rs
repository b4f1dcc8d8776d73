//! The text of a transcript, line by line.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A file of conversations.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// Where it is.
    pub path: PathBuf,
    /// In its order.
    pub cases: Vec<Case>,
}

/// One conversation, with connections of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it shows, as a sentence.
    pub title: String,
    pub(super) lines: Vec<Line>,
}

/// What one side says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: usize,
    /// `http`, `connections` and `api` send one request at a time; any other name is a socket.
    pub(super) who: String,
    pub(super) from_client: bool,
    /// The first word, such as `text`.
    pub(super) verb: String,
    /// What follows it.
    pub(super) rest: String,
    /// What the line rests on that nobody has seen AWS do.
    pub(super) unconfirmed: Option<String>,
}

/// Why a file is no transcript.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file or the folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line that is neither a title nor something said.
    #[error("{}:{number}: a line is `== title`, `who > says` or `who < hears`", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        number: usize,
    },
    /// Something said before the first title.
    #[error("{}:{number}: it belongs to no case: a case begins with `== title`", path.display())]
    NoCase {
        /// The file.
        path: PathBuf,
        /// From 1.
        number: usize,
    },
}

const UNCONFIRMED: &str = "  # unconfirmed: ";

impl Transcript {
    /// Every `.txt` of a folder, by name.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, ScriptError> {
        let unreadable = |source| ScriptError::Read {
            path: folder.to_owned(),
            source,
        };
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut paths: Vec<_> = entries
            .map_err(unreadable)?
            .into_iter()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "txt"))
            .collect();
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// One file.
    pub fn read(path: &Path) -> Result<Self, ScriptError> {
        let text = fs::read_to_string(path).map_err(|source| ScriptError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ScriptError> {
        let mut cases: Vec<Case> = Vec::new();
        for (number, text) in (1..).zip(text.lines()) {
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if let Some(title) = text.strip_prefix("== ") {
                cases.push(Case {
                    title: title.to_owned(),
                    lines: Vec::new(),
                });
                continue;
            }
            let path = || path.to_owned();
            let line = Line::parse(number, text).ok_or_else(|| ScriptError::Line {
                path: path(),
                number,
            })?;
            let case = cases.last_mut().ok_or_else(|| ScriptError::NoCase {
                path: path(),
                number,
            })?;
            case.lines.push(line);
        }
        Ok(Self {
            path: path.to_owned(),
            cases,
        })
    }
}

impl Line {
    fn parse(number: usize, text: &str) -> Option<Self> {
        let (text, unconfirmed) = match text.rsplit_once(UNCONFIRMED) {
            Some((text, point)) => (text.trim_end(), Some(point.to_owned())),
            None => (text, None),
        };
        let (who, said) = text.split_once(' ')?;
        let (direction, said) = said.split_once(' ')?;
        let (verb, rest) = said.split_once(' ').unwrap_or((said, ""));
        let from_client = match direction {
            ">" => true,
            "<" => false,
            _ => return None,
        };
        Some(Self {
            number,
            who: who.to_owned(),
            from_client,
            verb: verb.to_owned(),
            rest: rest.to_owned(),
            unconfirmed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Transcript, String> {
        Transcript::parse(Path::new("a.txt"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_case_is_a_title_and_what_is_said() {
        let text = "# Why.\n\n== A title\na > open ?x=1\na < close 1009 Too Big  # unconfirmed: the reason\n";
        let transcript = parse(text).unwrap();
        let line = |number, from_client, verb: &str, rest: &str, unconfirmed: Option<&str>| Line {
            number,
            who: "a".to_owned(),
            from_client,
            verb: verb.to_owned(),
            rest: rest.to_owned(),
            unconfirmed: unconfirmed.map(str::to_owned),
        };
        let expected = Case {
            title: "A title".to_owned(),
            lines: vec![
                line(4, true, "open", "?x=1", None),
                line(5, false, "close", "1009 Too Big", Some("the reason")),
            ],
        };
        assert_eq!(transcript.cases, [expected]);
    }

    #[test]
    fn a_line_that_says_nothing_is_named() {
        assert_eq!(
            parse("== A\na - open").unwrap_err(),
            "a.txt:2: a line is `== title`, `who > says` or `who < hears`"
        );
        assert_eq!(
            parse("a > open").unwrap_err(),
            "a.txt:1: it belongs to no case: a case begins with `== title`"
        );
    }
}
