//! A Redis Cluster: keys lie in hash slots, and slots on nodes. The client keeps the map of them and follows redirects.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::join_all};
use redis::{
    Arg, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisFuture, RedisResult, Value,
    aio::ConnectionLike,
    cluster::{ClusterClient, ClusterClientBuilder},
    cluster_async::ClusterConnection,
    cluster_routing::{Route, SingleNodeRoutingInfo, Slot, SlotAddr},
};
use tokio::{sync::OnceCell, time::timeout};

use super::{CacheError, PATIENCE, tcp};
use crate::code::log_failure;

/// How long one part may take where the others are wanted without it: less than all of them together have.
const PART_PATIENCE: Duration = PATIENCE.saturating_sub(Duration::from_millis(100));

/// How often a part is sent again after a redirect, or after a connection or a node that was lost. The patience of the caller ends it
/// before, as a rule.
const RETRIES: u32 = 5;
/// Before such a try, in milliseconds.
const RETRY_WAIT_MILLIS: (u64, u64) = (5, 50);

#[derive(Clone)]
pub(super) struct Cluster {
    client: ClusterClient,
    connection: Arc<OnceCell<ClusterConnection>>,
}

impl Cluster {
    pub(super) fn new(seeds: Vec<String>) -> RedisResult<Self> {
        let (shortest, longest) = RETRY_WAIT_MILLIS;
        let client = ClusterClientBuilder::new(seeds)
            .retries(RETRIES)
            .min_retry_wait(shortest)
            .max_retry_wait(longest)
            .connection_timeout(PATIENCE)
            .response_timeout(PATIENCE)
            .tcp_settings(tcp::settings())
            .build()?;
        Ok(Self {
            client,
            connection: Arc::default(),
        })
    }

    pub(super) async fn run<T: FromRedisValue>(
        &self,
        pipeline: &Pipeline,
        missing: Missing,
    ) -> RedisResult<T> {
        let connection = self.connection().await?;
        pipeline
            .query_async(&mut Split {
                connection,
                missing,
            })
            .await
    }

    /// The first caller opens it, in a task of its own: a caller that gives up does not take the handshakes with it.
    async fn connection(&self) -> RedisResult<ClusterConnection> {
        if let Some(connection) = self.connection.get() {
            return Ok(connection.clone());
        }
        let this = self.clone();
        let opening = tokio::spawn(async move {
            this.connection
                .get_or_try_init(|| this.client.get_async_connection())
                .await
                .cloned()
        });
        opening.await.unwrap_or_else(|_| {
            Err(RedisError::from((
                ErrorKind::Io,
                "the task that connects ended",
            )))
        })
    }
}

/// What becomes of a pipeline when a part of it gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It fails as a whole.
    IsAnError,
    /// The commands of the part answer nil, unless there is no other part.
    IsNil,
}

/// A connection that takes pipelines whose keys lie in several slots.
struct Split {
    connection: ClusterConnection,
    missing: Missing,
}

impl Split {
    async fn send(&self, part: &Part) -> RedisResult<Vec<Value>> {
        let mut connection = self.connection.clone();
        let sent =
            connection.route_pipeline(part.pipeline.clone(), 0, part.pipeline.len(), part.route());
        match self.missing {
            Missing::IsAnError => sent.await,
            Missing::IsNil => timeout(PART_PATIENCE, sent)
                .await
                .unwrap_or_else(|_| Err((ErrorKind::Io, "a node did not answer").into())),
        }
    }

    async fn send_all(&self, pipeline: &Pipeline) -> RedisResult<Vec<Value>> {
        let parts = parts(pipeline)?;
        // All are waited for: one that is dropped might be dropped half sent.
        let answers = join_all(parts.iter().map(|part| self.send(part))).await;
        let some_answered = answers.iter().any(Result::is_ok);
        let mut ordered = vec![Value::Nil; pipeline.len()];
        for (part, answers) in parts.iter().zip(answers) {
            match answers {
                Ok(answers) => part.put(answers, &mut ordered),
                Err(error) if self.missing == Missing::IsNil && some_answered => {
                    log_failure(&CacheError::from(error), "asking a part of the cluster");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(ordered)
    }
}

impl ConnectionLike for Split {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        self.connection.req_packed_command(cmd)
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        _offset: usize,
        _count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.send_all(pipeline).boxed()
    }

    fn get_db(&self) -> i64 {
        // A cluster has no other.
        0
    }
}

/// The commands of a pipeline whose keys are in one slot, in their order.
struct Part {
    slot: Slot,
    /// Where in the whole pipeline each command stands.
    places: Vec<usize>,
    pipeline: Pipeline,
}

impl Part {
    /// Replicas lag behind, and what is recent must not.
    fn route(&self) -> SingleNodeRoutingInfo {
        SingleNodeRoutingInfo::SpecificNode(Route::with_slot(self.slot, SlotAddr::Master))
    }

    /// Puts each answer where its command stood.
    fn put(&self, answers: Vec<Value>, ordered: &mut [Value]) {
        for (place, answer) in self.places.iter().zip(answers) {
            ordered[*place] = answer;
        }
    }
}

fn parts(pipeline: &Pipeline) -> RedisResult<Vec<Part>> {
    if pipeline.is_transaction() {
        // Its commands would have to be in one slot, and nothing here needs it.
        return Err((ErrorKind::Client, "a transaction cannot be split").into());
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut known: HashMap<Slot, usize> = HashMap::new();
    for (place, command) in pipeline.cmd_iter().enumerate() {
        let key = key(command).ok_or((ErrorKind::Client, "a command without a key"))?;
        let slot = Slot::for_key(key);
        let part = *known.entry(slot).or_insert_with(|| {
            parts.push(Part {
                slot,
                places: Vec::new(),
                pipeline: Pipeline::new(),
            });
            parts.len() - 1
        });
        parts[part].places.push(place);
        parts[part].pipeline.add_command(command.clone());
    }
    Ok(parts)
}

/// The first key of a command: its first argument, or that of a script. All keys of one command are in one slot.
fn key(command: &Cmd) -> Option<&[u8]> {
    let argument = |place| match command.args_iter().nth(place) {
        Some(Arg::Simple(argument)) => Some(argument),
        _ => None,
    };
    match argument(0)? {
        b"EVAL" => argument(3),
        _ => argument(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Script;

    #[test]
    fn commands_of_one_slot_stay_together_and_in_order_and_answers_come_back_in_theirs() {
        let mut pipeline = redis::pipe();
        Script::new("return 1").call(&mut pipeline, &["{limit:message:me}"]);
        pipeline.arg(5);
        pipeline.hset("{u:ada}:conns", "phone", 1).ignore();
        Script::new("return 2").call(&mut pipeline, &["{s:tea}:state", "{s:tea}:recent"]);
        pipeline.expire("{u:ada}:conns", 60).ignore();
        pipeline.cmd("SET").arg("ticket:7").arg(1).arg("NX");
        let parts = parts(&pipeline).unwrap();
        let places: Vec<&[usize]> = parts.iter().map(|part| part.places.as_slice()).collect();
        assert_eq!(places, [&[0][..], &[1, 3], &[2], &[4]]);

        let mut answers = vec![Value::Nil; 5];
        for part in &parts {
            let own = part.places.iter().map(|place| Value::Int(*place as i64));
            part.put(own.collect(), &mut answers);
        }
        let expected: Vec<Value> = (0..5).map(Value::Int).collect();
        assert_eq!(answers, expected);
    }

    #[test]
    fn what_cannot_be_split_is_refused() {
        let mut transaction = redis::pipe();
        transaction.atomic().get("a");
        assert!(parts(&transaction).is_err());
        let mut keyless = redis::pipe();
        keyless.cmd("PING");
        assert!(parts(&keyless).is_err());
    }
}
