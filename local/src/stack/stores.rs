//! PostgreSQL and Redis, as far as the functions ask for them.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};

use super::{
    StackOptions,
    environment::{DATABASE_URL, PREPARED_STATEMENTS, REDIS_URL, declares, override_declared},
};
use crate::{
    dials::{Dials, Link, Proxy},
    progress::Progress,
    services::{PgBouncer, Place, Postgres, Redis, migrate},
    template::Template,
};

/// The databases of a stack, and the folder that they live in.
#[derive(Debug)]
pub(super) struct Stores {
    pub(super) database_url: Option<String>,
    pub(super) redis_url: Option<String>,
    pub(super) postgres: Option<Postgres>,
    pub(super) redis: Option<Redis>,
    pub(super) pooler: Option<PgBouncer>,
    #[expect(dead_code, reason = "they are kept for what their end does")]
    proxies: Vec<Proxy>,
    // Last: it removes the folder of those above.
    _place: Place,
}

impl Stores {
    /// Starts what some function declares and nobody gave the address of, applies the migrations, and tells the functions
    /// the addresses. Between them and what was started stands a proxy for each, which the dials cut and slow, if that is wanted.
    pub(super) async fn start(
        options: &StackOptions,
        template: &mut Template,
        place: Place,
        dials: &Dials,
    ) -> Result<Self> {
        let migrations = migrations(options);
        let wants =
            |variable, given: &Option<String>| declares(template, variable) && given.is_none();
        let postgres = match wants(DATABASE_URL, &options.database_url) {
            true => Some(start_postgres(&place, migrations.as_deref(), &options.progress).await?),
            false => None,
        };
        let redis = match wants(REDIS_URL, &options.redis_url) {
            true => Some(start_redis(&place, options).await?),
            false => None,
        };
        let started =
            |url: &Option<String>, own: Option<&str>| url.clone().or(own.map(str::to_owned));
        let database_url = started(&options.database_url, postgres.as_ref().map(Postgres::url));
        let redis_url = started(&options.redis_url, redis.as_ref().map(Redis::url));
        if let (Some(url), Some(dir)) = (
            &database_url,
            migrations.filter(|_| declares(template, DATABASE_URL)),
        ) {
            apply(url, &dir, &options.progress).await?;
        }
        let pooler = match &postgres {
            Some(postgres) if options.pooler => {
                Some(PgBouncer::start(&place, postgres.url()).await?)
            }
            _ => None,
        };
        let mut proxies = Vec::new();
        let mut addresses = BTreeMap::new();
        let pooled = pooler.as_ref().map(|pooler| pooler.url().to_owned());
        if let Some(url) = pooled.as_ref().or(database_url.as_ref()) {
            let url = match postgres.is_some() && options.proxies {
                true => through(dials.postgres(), url, &mut proxies).await?,
                false => url.clone(),
            };
            addresses.insert(DATABASE_URL.to_owned(), url);
        }
        let is_set = [&options.shell, &options.environment]
            .iter()
            .any(|variables| variables.contains_key(PREPARED_STATEMENTS));
        if postgres.is_some() && pooler.is_none() && !is_set {
            addresses.insert(PREPARED_STATEMENTS.to_owned(), "on".to_owned());
        }
        if let Some(url) = &redis_url {
            let url = match &redis {
                Some(redis) => {
                    let link = options.proxies.then(|| dials.redis());
                    redis_address(redis, link, &mut proxies).await?
                }
                None => url.clone(),
            };
            addresses.insert(REDIS_URL.to_owned(), url);
        }
        override_declared(template, &addresses);
        Ok(Self {
            database_url,
            redis_url,
            postgres,
            redis,
            pooler,
            proxies,
            _place: place,
        })
    }

    /// Ends what was started.
    pub(super) async fn stop(self) -> Result<()> {
        if let Some(redis) = &self.redis {
            redis.stop().await?;
        }
        if let Some(postgres) = &self.postgres {
            postgres.stop().await?;
        }
        Ok(())
    }
}

/// What was asked for, or what lies where it usually lies.
pub(super) fn migrations(options: &StackOptions) -> Option<PathBuf> {
    let usual = options
        .template
        .parent()
        .unwrap_or(Path::new(""))
        .join("infra/migrations");
    options
        .migrations
        .clone()
        .or_else(|| usual.is_dir().then_some(usual))
}

/// The same address with a proxy in its way.
async fn through(link: &Link, url: &str, proxies: &mut Vec<Proxy>) -> Result<String> {
    let server = server_in(url).context("a server of the stack's own has a numeric address")?;
    let proxy = open(link, server, proxies).await?;
    Ok(url.replacen(&server.to_string(), &proxy.to_string(), 1))
}

/// The address of a Redis, with a proxy before each node if there is a link for it. The nodes of a cluster send their clients to the
/// proxies of the others.
async fn redis_address(
    redis: &Redis,
    link: Option<&Link>,
    proxies: &mut Vec<Proxy>,
) -> Result<String> {
    let mut addresses = Vec::new();
    for node in redis.nodes() {
        addresses.push(match link {
            Some(link) => open(link, node.address(), proxies).await?,
            None => node.address(),
        });
    }
    redis.form(&addresses).await?;
    Ok(redis.url_through(&addresses))
}

async fn open(link: &Link, server: SocketAddr, proxies: &mut Vec<Proxy>) -> Result<SocketAddr> {
    let proxy = link
        .open(server)
        .await
        .context("opening a proxy on 127.0.0.1")?;
    let address = proxy.address;
    proxies.push(proxy);
    Ok(address)
}

/// `127.0.0.1:5432` of `postgres://postgres@127.0.0.1:5432/gatepost`.
fn server_in(url: &str) -> Option<SocketAddr> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let server = authority.rsplit('@').next()?;
    server.parse().ok()
}

async fn start_postgres(
    place: &Place,
    migrations: Option<&Path>,
    progress: &Progress,
) -> Result<Postgres> {
    let began = Instant::now();
    let postgres = Postgres::start(place, migrations).await?;
    progress.step(&format!(
        "PostgreSQL {} started in {:.1?}",
        postgres.version(),
        began.elapsed()
    ));
    Ok(postgres)
}

async fn start_redis(place: &Place, options: &StackOptions) -> Result<Redis> {
    let began = Instant::now();
    let redis = Redis::start(place, options.redis).await?;
    options
        .progress
        .step(&format!("Redis started in {:.1?}", began.elapsed()));
    Ok(redis)
}

async fn apply(database_url: &str, dir: &Path, progress: &Progress) -> Result<()> {
    let applied = migrate(database_url, dir).await?;
    if applied > 0 {
        progress.step(&format!(
            "{applied} migrations applied from {}",
            dir.display()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::server_in;

    #[test]
    fn the_server_of_an_address_is_its_host_and_port() {
        let server = Some("127.0.0.1:5432".parse().unwrap());
        assert_eq!(
            server_in("postgres://me:se%40cret@127.0.0.1:5432/db"),
            server
        );
        assert_eq!(server_in("redis://127.0.0.1:5432"), server);
        assert_eq!(server_in("redis://cache.example:6379/0"), None);
    }
}
