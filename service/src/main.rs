//! `cargo dev service …`: services are users that are programs, such as a shop's assistant. They sign in with a key, which only an
//! operator with access to the database can make.

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use shared::{
    cache::Cache,
    config::Secret,
    database::Database,
    sign_in,
    user::{Service, ServiceKey, create_service, list_services, revoke_service, rotate_service},
};
use uuid::Uuid;

#[derive(Debug, Parser)]
#[command(
    name = "cargo dev service",
    about = "Makes, lists and revokes services: users that are programs and sign in with a key"
)]
struct Cli {
    /// The functions' database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The functions' Redis. With it, what a key opened ends at once; without it, within two hours.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    redis_url: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a service, and shows its key, once.
    Add {
        /// 1 to 63 lower-case letters, digits and hyphens.
        name: String,
    },
    /// Lists the services.
    List,
    /// Gives a service another key, and shows it, once. The old one is worth nothing any more.
    Rotate {
        /// As it was added.
        name: String,
    },
    /// Takes a service's key away. Its user stays a member where it was, and what it said stays.
    Revoke {
        /// As it was added.
        name: String,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let database = Database::at(&Secret::from(&*cli.database_url), 1)?;
    match &cli.command {
        Command::Add { name } => {
            let (service, key) = create_service(&database, name)
                .await
                .context(name.clone())?;
            show(&service, &key);
        }
        Command::List => {
            for service in list_services(&database).await? {
                println!("{}", line(&service));
            }
        }
        Command::Rotate { name } => {
            let (service, ended, key) = rotate_service(&database, name)
                .await
                .context(name.clone())?;
            show(&service, &key);
            end(cli.redis_url.as_deref(), service.user_id, ended).await?;
        }
        Command::Revoke { name } => {
            let service = revoke_service(&database, name)
                .await
                .context(name.clone())?;
            println!("{name} is revoked; user {} stays", service.user_id);
            let redis_url = cli.redis_url.as_deref();
            end(redis_url, service.user_id, service.sign_in).await?;
        }
    }
    Ok(())
}

/// The key alone goes to standard output, so that it can be piped into a store of secrets.
fn show(service: &Service, key: &ServiceKey) {
    eprintln!("{}", line(service));
    eprintln!("its key, which is shown this once:");
    println!("{}", key.0);
}

fn line(service: &Service) -> String {
    let seen = service.seen_at.map_or_else(
        || "never used".to_owned(),
        |seen| format!("last used {}", seen.format("%F %T UTC")),
    );
    format!(
        "{}  user {}  key of {}, {seen}",
        service.name,
        service.user_id,
        service.created_at.format("%F %T UTC")
    )
}

/// Marks what the old key opened as ended.
async fn end(redis_url: Option<&str>, user: Uuid, sign_in: Uuid) -> Result<()> {
    let Some(url) = redis_url else {
        eprintln!(
            "without REDIS_URL its access tokens are good for 15 minutes yet, and its sockets for two hours"
        );
        return Ok(());
    };
    let cache = Cache::at(&Secret::from(url))?;
    sign_in::leave_mark(&cache, user, sign_in)
        .await
        .context("Redis was not told: its access tokens are good for 15 minutes yet, and its sockets for two hours")
}
