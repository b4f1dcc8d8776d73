//! How many files this process may have open, every socket being one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More sockets than one address has ports for, and few enough for programs that close whatever they might have open. The second
/// one is the most that macOS grants to everybody.
const WANTED: [u64; 2] = [65_536, 10_240];

/// Raises the limit of this process, and of those that it starts from now on, as far as that needs no privilege. A shell's usual 1,024
/// are used up by as many sockets, and then no function can start either.
pub(crate) fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let granted = WANTED.iter().any(|wanted| {
        let wanted = maximum.map_or(*wanted, |maximum| maximum.min(*wanted));
        let raised = Rlimit {
            current: Some(wanted),
            maximum,
        };
        current.is_none_or(|current| current >= wanted)
            || setrlimit(Resource::Nofile, raised).is_ok()
    });
    if !granted {
        tracing::debug!("files may be open as many as before: {current:?}");
    }
}
