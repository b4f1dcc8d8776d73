//! What a whole send allocates in the function: limits, statement, recent list, and the push by the real SDK. Counted, so that a noisy
//! machine cannot hide a change. `shared/tests/allocations` counts the parts that need no server.
//!
//! `cargo test -p tests --test allocations -- --nocapture` shows what it takes now. A bound that is far above that is too high: lower it.

use std::sync::Arc;

use allocation_counter::measure;
use serde_json::Map;
use shared::{
    App,
    config::Config,
    message::{Draft, Sender, send},
    session::Visitor,
};
use tests::{Conversation, TestStack};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

/// At most so many allocations of a send that nobody is told of, and bytes in all of them.
const STORED: (u64, u64) = (126, 29_500);
/// The same for the one other socket that is told.
const PUSHED: (u64, u64) = (320, 56_000);

/// Bytes of an ordinary message's text.
const TEXT: usize = 100;
/// Sends that are counted. The least of them counts: at some, a table or a buffer grows.
const SENDS: usize = 30;

#[test]
fn a_send_allocates_no_more_than_it_did() {
    // The stack has threads of its own; the sends are on this one.
    let world = Runtime::new().expect("threads can be started");
    let stack = world.block_on(TestStack::with().no_schedules().start());
    let Conversation { ada, session, .. } = world.block_on(stack.conversation());
    let user: Uuid = ada.id.parse().expect("it is a UUID");
    let config = Config::read(stack.variables("WsMessageFunction", &[]));
    let function = Function::new(config.expect("the functions start with it"), user, &session);

    let stored = function.least();
    let mut laptop = world.block_on(ada.device("laptop"));
    let told = function.least();
    for _ in 0..SENDS {
        world.block_on(laptop.next_of("message"));
    }
    world.block_on(stack.stop());
    let pushed = (told.0 - stored.0, told.1 - stored.1);
    println!("a send that nobody is told of: {stored:?} of {STORED:?} allocations and bytes");
    println!("the socket that is told:       {pushed:?} of {PUSHED:?}");
    assert!(stored.0 <= STORED.0 && stored.1 <= STORED.1, "{stored:?}");
    assert!(pushed.0 <= PUSHED.0 && pushed.1 <= PUSHED.1, "{pushed:?}");
}

/// The part of `ws-message` that sends, on one thread, because only what one thread allocates is counted.
struct Function {
    runtime: Runtime,
    app: Arc<App>,
    visitor: Visitor,
}

impl Function {
    fn new(config: Config, user: Uuid, session: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let app = {
            let _inside = runtime.enter();
            App::new(config).expect("the configuration is right")
        };
        let visitor = Visitor::verify(&app.session_keys, user, session).expect("we signed it");
        Self {
            runtime,
            app,
            visitor,
        }
    }

    /// The least allocations of some sends, and the least bytes.
    fn least(&self) -> (u64, u64) {
        let counts: Vec<_> = (0..SENDS).map(|_| measure(|| self.send())).collect();
        let allocations = counts.iter().map(|count| count.count_total).min();
        let bytes = counts.iter().map(|count| count.bytes_total).min();
        allocations.zip(bytes).expect("there were sends")
    }

    fn send(&self) {
        let draft = Draft::new(&Uuid::now_v7().to_string(), &"x".repeat(TEXT), Map::new());
        let sender = Sender {
            visitor: &self.visitor,
            socket: None,
        };
        let sent = send(&self.app, &sender, draft.expect("it is a message"));
        let acked = self.runtime.block_on(sent).expect("the stack runs");
        assert!(!acked.duplicate);
    }
}
