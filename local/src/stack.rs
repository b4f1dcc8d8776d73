//! The whole stack, with one start and one stop.
