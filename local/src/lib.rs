//! A local stack for AWS SAM templates: API Gateway (WebSocket and HTTP APIs), Lambda, EventBridge schedules,
//! PostgreSQL and Redis on one machine.
//!
//! | module | is |
//! |---|---|
//! | [`template`] | what `template.yaml` declares, with its intrinsic functions resolved |
//! | [`build`] | the functions, built with Cargo |
//! | [`lambda`] | functions as real processes behind the Runtime API, and the Invoke API |
//! | [`gateway`] | WebSocket APIs, their `@connections` management API, and HTTP APIs |
//! | [`schedule`] | what EventBridge would run, and when |
//! | [`server`] | a router on a port |
//! | [`services`] | PostgreSQL and Redis: found, installed, started, migrated |
//! | [`clock`] | the time of all of them, which can be moved on by hand |
//! | [`executor`] | the threads that all of it shares |
//! | [`batch`] | how the kernel shares the cores among its processes |
//! | [`dials`] | faults on purpose: in posts, sockets, functions and databases |
//! | [`stack`] | all of it together, with one start and one stop |
//! | [`logs`] | the functions' output, line by line |
//! | [`progress`] | what takes time, told to the person who waits |
//! | [`screen`] | what a person at a terminal reads |
//! | [`transcript`] | conversations in plain text, played against any address |
//! | `watch` | functions that follow their code |
pub mod batch;
pub mod build;
pub mod clock;
pub mod dials;
mod executor;
pub mod gateway;
pub mod lambda;
pub mod logs;
pub mod progress;
pub mod schedule;
pub mod screen;
pub mod server;
pub mod services;
pub mod stack;
pub mod template;
pub mod transcript;
mod watch;

pub use executor::executor;
