//! The steps of cleanup, in their order.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::SweepReport;
use crate::{
    App,
    database::{DatabaseError, Param},
    session::{interval, recent},
};

/// A statement that removes up to `$1` rows. It answers `worked`, which is below `$1` when nothing is left, and its counts.
#[derive(Debug)]
pub(super) struct Step {
    statement: &'static str,
    /// Columns of the answer, which are the names in the report.
    pub(super) counts: &'static [&'static str],
    /// Whether it takes `MESSAGE_RETENTION` and answers with the sessions that it took something from.
    retires: bool,
}

/// Sessions first: what they leave behind goes in the same run.
pub(super) const STEPS: [Step; 7] = [
    Step {
        statement: include_str!("expired_sessions.sql"),
        counts: &["expired_sessions"],
        retires: false,
    },
    Step {
        statement: include_str!("gone_sessions.sql"),
        counts: &["orphaned_messages", "orphaned_keys"],
        retires: false,
    },
    Step {
        statement: include_str!("retired_messages.sql"),
        counts: &["retired_messages"],
        retires: true,
    },
    Step {
        statement: include_str!("expired_tokens.sql"),
        counts: &["expired_tokens"],
        retires: false,
    },
    Step {
        statement: include_str!("expired_invites.sql"),
        counts: &["expired_invites"],
        retires: false,
    },
    Step {
        statement: include_str!("expired_tickets.sql"),
        counts: &["expired_tickets"],
        retires: false,
    },
    Step {
        statement: include_str!("expired_attempts.sql"),
        counts: &["expired_attempts"],
        retires: false,
    },
];

impl Step {
    /// Removes up to so many rows and adds them to the report. Answers how much it worked.
    pub(super) async fn batch(
        &self,
        app: &App,
        rows: i64,
        report: &mut SweepReport,
    ) -> Result<i64, DatabaseError> {
        let retention = interval(app.config.message_retention);
        let mut params: Vec<Param<'_>> = vec![(&rows, Type::INT8)];
        if self.retires {
            params.push((&retention, Type::TEXT));
        }
        let answer = app.database.query(self.statement, &params).await?;
        let Some(row) = answer.first() else {
            return Ok(0);
        };
        for name in self.counts {
            report.add(name, row.get(name));
        }
        if self.retires {
            // These sessions live on, and their recent lists still hold what is gone.
            recent::forget_all(app, &row.get::<_, Vec<Uuid>>("sessions")).await?;
        }
        Ok(row.get("worked"))
    }
}
