//! Which sockets are open, and whose they are.
//!
//! Redis holds them and may lose them: identity comes with every event, and a ping and a send register it again.

mod answer;
mod event;
mod handover;
mod live;
mod missed;
mod registry;
mod socket;

pub use answer::SocketAnswer;
pub use event::SocketEvent;
pub use handover::time_left;
pub use live::{Silent, silent};
pub use missed::MissedPings;
pub use registry::{Admission, Target, forget, of_sign_ins, of_users, register, targets, touch};
pub use socket::{NoIdentity, Socket};
