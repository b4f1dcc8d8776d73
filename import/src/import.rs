//! List after list, piece after piece.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    cache::Cache,
    config::{Secret, session_lifetime},
    session::recent,
};
use uuid::Uuid;

use crate::{
    cli::Cli,
    entry::Entry,
    identity::{self, Users},
    rejected::Rejected,
    source::{List, PIECE, Source},
    summary::Summary,
    target::{Locked, Placed, Target},
};

/// Between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(2);

/// Reads all lists, and stores what is not there yet.
pub(crate) async fn import(cli: &Cli) -> Result<Summary> {
    let began = Instant::now();
    let users = match &cli.users {
        Some(file) => Users::read(file)?,
        None => Users::default(),
    };
    let cache = match &cli.redis_url {
        Some(url) => {
            Some(Cache::at(&Secret::from(url.as_str())).context("--redis-url cannot be used")?)
        }
        None => None,
    };
    let mut source = Source::open(&cli.from).await?;
    let target = Target::open(&cli.database_url, session_lifetime(cli.retention)).await?;
    let missing = target.missing(&users.named()).await?;
    if let Some(user) = missing.first() {
        bail!(
            "{} users of --users are not there, such as {user}",
            missing.len()
        );
    }
    let mut run = Run {
        cli,
        users,
        cache,
        target,
        rejected: Rejected::create(&cli.rejected)?,
        summary: Summary {
            dry_run: cli.dry_run,
            rejected_file: cli.rejected.clone(),
            ..Summary::default()
        },
        told: Instant::now(),
    };
    let mut seen = HashSet::new();
    let mut cursor = 0;
    loop {
        let (next, keys) = source.keys(cursor, &cli.keys).await?;
        for key in keys {
            // SCAN may name a key twice.
            if seen.insert(identity::digest_bytes(&key)) {
                run.key(&mut source, &key).await?;
            }
        }
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    let Run {
        mut summary,
        rejected,
        ..
    } = run;
    summary.rejected = rejected.finish()?;
    summary.took = began.elapsed();
    Ok(summary)
}

struct Run<'a> {
    cli: &'a Cli,
    users: Users,
    cache: Option<Cache>,
    target: Target,
    rejected: Rejected,
    summary: Summary,
    told: Instant,
}

impl Run<'_> {
    async fn key(&mut self, source: &mut Source, raw: &[u8]) -> Result<()> {
        let shown = String::from_utf8_lossy(raw).into_owned();
        let Some(session) = std::str::from_utf8(raw)
            .ok()
            .and_then(|key| self.cli.keys.session(key))
        else {
            return self
                .rejected
                .add(&shown, None, "the key does not name a session");
        };
        match source.kind(&shown).await?.as_str() {
            "list" => {}
            // It has expired since.
            "none" => return Ok(()),
            kind => {
                let reason = format!("the key holds a {kind} and not a list");
                return self.rejected.add(&shown, None, &reason);
            }
        }
        let list = source.list(&shown, self.cli.order).await?;
        self.summary.sessions += 1;
        self.list(source, &list, session).await
    }

    /// One transaction for each piece: stopped in between, the next run goes on after it.
    async fn list(&mut self, source: &mut Source, list: &List, old_session: &str) -> Result<()> {
        let session = identity::session(old_session);
        let mut again: HashMap<[u8; 32], u64> = HashMap::new();
        let mut from = 0;
        while from < list.length {
            let entries = source.piece(list, from).await?;
            from += PIECE as u64;
            let mut read = Vec::new();
            for (index, raw) in entries {
                let again = again.entry(identity::digest_bytes(&raw)).or_default();
                match Entry::parse(&raw, *again) {
                    Ok(entry) => read.push(entry),
                    Err(error) => {
                        self.rejected
                            .add(&list.key, Some((index, &raw)), &error.to_string())?;
                    }
                }
                *again += 1;
            }
            if !self.piece(session, old_session, read).await? {
                let reason = "the session was deleted or has expired";
                return self.rejected.add(&list.key, None, reason);
            }
            self.tell();
        }
        Ok(())
    }

    /// Gives false where the session is gone.
    async fn piece(
        &mut self,
        session: Uuid,
        old_session: &str,
        entries: Vec<Entry>,
    ) -> Result<bool> {
        let Some(first) = entries.first() else {
            return Ok(true);
        };
        let locked = self.target.lock(session).await?;
        if locked.as_ref().is_some_and(|locked| locked.is_gone) {
            self.target.roll_back().await?;
            return Ok(false);
        }
        let is_new = locked.is_none();
        let first_at = first.created_at.min(Utc::now());
        let locked = locked.unwrap_or_else(|| Locked {
            is_gone: false,
            in_use: false,
            change: 0,
            changed_at: first_at - TimeDelta::microseconds(1),
            keys: Vec::new(),
        });
        let in_use = locked.in_use;
        let placed = self.place(old_session, entries, locked);
        if self.cli.dry_run || placed.is_empty() {
            self.target.roll_back().await?;
        } else {
            if is_new {
                self.target.create(session, first_at).await?;
            }
            self.target.add(session, &placed).await?;
            self.target.commit().await?;
        }
        self.summary.imported += placed.len() as u64;
        self.forget(session, in_use && !self.cli.dry_run).await;
        Ok(true)
    }

    /// Those that are not there, after what is there. Numbers without a hole, times that strictly increase.
    fn place(&mut self, old_session: &str, entries: Vec<Entry>, locked: Locked) -> Vec<Placed> {
        let mut known: HashSet<String> = locked.keys.into_iter().collect();
        let (mut seq, mut last) = (locked.change, locked.changed_at);
        let now = Utc::now();
        let mut placed = Vec::new();
        for entry in entries {
            if !known.insert(entry.draft.key.clone()) {
                self.summary.known += 1;
                continue;
            }
            let created_at = entry
                .created_at
                .min(now)
                .max(last + TimeDelta::microseconds(1));
            self.summary.moved += u64::from(created_at != entry.created_at);
            (seq, last) = (seq + 1, created_at);
            placed.push(self.message(old_session, entry, seq, created_at));
        }
        placed
    }

    fn message(
        &self,
        old_session: &str,
        entry: Entry,
        seq: i64,
        created_at: DateTime<Utc>,
    ) -> Placed {
        let user = match (&entry.user, entry.by_assistant) {
            (Some(user), false) => self.users.find(user),
            (None, false) => identity::unknown_user(old_session),
            (_, true) => identity::assistant(),
        };
        Placed {
            seq,
            user,
            role: if entry.by_assistant {
                "assistant"
            } else {
                "member"
            },
            key: entry.draft.key,
            content: entry.draft.content,
            metadata: entry.draft.metadata.to_string(),
            created_at,
        }
    }

    /// Readers of a session that is in use must not be told from Redis that they have everything. Every run does it again: one that
    /// was stopped after its commit may have left it out.
    async fn forget(&self, session: Uuid, in_use: bool) {
        let Some(cache) = &self.cache else {
            if in_use {
                eprintln!(
                    "session {session} is in use: without --redis-url its readers may see the import an hour later"
                );
            }
            return;
        };
        if !self.cli.dry_run && recent::drop_lists(cache, &[session]).await != [true] {
            eprintln!("session {session}: Redis could not be told; run the import again");
        }
    }

    fn tell(&mut self) {
        if self.told.elapsed() < PROGRESS {
            return;
        }
        self.told = Instant::now();
        let Summary {
            sessions,
            imported,
            known,
            ..
        } = &self.summary;
        let rejected = self.rejected.count;
        eprintln!(
            "{sessions} lists, {imported} messages imported, {known} known, {rejected} rejected …"
        );
    }
}
