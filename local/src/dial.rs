//! `cargo dev dial`, `schedules` and `run-schedule`: a client of `/_local`.

use anyhow::{Context, Result, bail};
use hyper::Method;
use local::dials::request::{
    AdvanceRequest, DisconnectsRequest, KillRequest, LinkRequest, LinkWord, Moment, PostsRequest,
    SocketsRequest,
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    cli::{Dial, DialCommand, FaultDial, KillPoint, Link, LinkCommand, Port, RunSchedule},
    client::{call, show},
};

/// Sets a dial and shows what the stack answers.
pub(crate) async fn dial(dial: Dial) -> Result<()> {
    let (method, path, body) = request(dial.what)?;
    ask(dial.port, method, path, body).await
}

/// Shows every schedule with its next runs.
pub(crate) async fn schedules(port: Port) -> Result<()> {
    ask(port, Method::GET, "/_local/schedules", String::new()).await
}

/// Runs a schedule now.
pub(crate) async fn run_schedule(options: RunSchedule) -> Result<()> {
    let path = format!("/_local/schedules/{}", options.name);
    ask(options.port, Method::POST, &path, String::new()).await
}

fn request(what: DialCommand) -> Result<(Method, &'static str, String)> {
    let set = |path, body| Ok((Method::POST, path, body));
    match what {
        DialCommand::Show => Ok((Method::GET, "/_local/dials", String::new())),
        DialCommand::Reset { dial } => Ok((Method::DELETE, path_of(dial), String::new())),
        DialCommand::Advance { span } => {
            set("/_local/clock", json(&AdvanceRequest { advance: span })?)
        }
        DialCommand::Disconnects { drop } => set(
            "/_local/dials/disconnects",
            json(&DisconnectsRequest { drop })?,
        ),
        DialCommand::Sockets { cut } => {
            set("/_local/dials/sockets", json(&SocketsRequest { cut })?)
        }
        DialCommand::Posts(posts) => {
            let request = PostsRequest {
                status: posts.status,
                delay: posts.delay,
                reorder: posts.reorder,
                lose: posts.lose,
                duplicate: posts.duplicate,
                next: posts.next,
                connection: posts.connection,
            };
            set("/_local/dials/posts", json(&request)?)
        }
        DialCommand::Kill(kill) => {
            let request = KillRequest {
                function: kill.function,
                when: kill.when.map(moment),
                after: kill.after,
                next: kill.next,
            };
            set("/_local/dials/kills", json(&request)?)
        }
        DialCommand::Postgres(link) => set("/_local/dials/postgres", json(&state(&link))?),
        DialCommand::Redis(link) => set("/_local/dials/redis", json(&state(&link))?),
    }
}

fn path_of(dial: Option<FaultDial>) -> &'static str {
    match dial {
        None => "/_local/dials",
        Some(FaultDial::Disconnects) => "/_local/dials/disconnects",
        Some(FaultDial::Posts) => "/_local/dials/posts",
        Some(FaultDial::Kills) => "/_local/dials/kills",
        Some(FaultDial::Postgres) => "/_local/dials/postgres",
        Some(FaultDial::Redis) => "/_local/dials/redis",
    }
}

fn moment(point: KillPoint) -> Moment {
    match point {
        KillPoint::BeforeAnswer => Moment::BeforeAnswer,
        KillPoint::AfterAnswer => Moment::AfterAnswer,
        KillPoint::AtPost => Moment::AtPost,
    }
}

fn state(link: &Link) -> LinkRequest {
    let (state, delay) = match link.state {
        LinkCommand::Cut => (LinkWord::Cut, None),
        LinkCommand::Slow { delay } => (LinkWord::Slow, Some(delay)),
        LinkCommand::Restore => (LinkWord::Open, None),
    };
    LinkRequest { state, delay }
}

fn json(request: &impl Serialize) -> Result<String> {
    serde_json::to_string(request).context("writing the request")
}

async fn ask(port: Port, method: Method, path: &str, body: String) -> Result<()> {
    let answer = call(port, method, path, body).await?;
    let document: Value = serde_json::from_slice(&answer.body)
        .with_context(|| format!("what answers on port {} is no stack", port.port))?;
    if !answer.status.is_success() {
        bail!("{}", document["message"].as_str().unwrap_or_default());
    }
    show(&serde_json::to_vec_pretty(&document)?)?;
    Ok(())
}
