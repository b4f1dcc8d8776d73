//! The planned end of a socket: its client is told before, and opens another in time.

use std::time::Duration;

/// API Gateway ends every socket after two hours (quota "Connection duration for WebSocket API", not adjustable).
const LIFETIME: Duration = Duration::from_secs(7_200);
/// A client is told with each ping of the last so many periods, because a push may be lost. At 54 s these are four and a half minutes.
const PERIODS: u32 = 5;

/// How long a socket of that age has left, once its client should open another.
pub fn time_left(age: Duration, ping_period: Duration) -> Option<Duration> {
    let left = LIFETIME.saturating_sub(age);
    (left <= ping_period * PERIODS).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(54);

    #[test]
    fn a_client_is_told_in_the_last_five_ping_periods() {
        let told_from = LIFETIME - PERIOD * 5;
        let just_before = told_from - Duration::from_millis(1);
        assert_eq!(time_left(just_before, PERIOD), None);
        assert_eq!(time_left(told_from, PERIOD), Some(PERIOD * 5));
        assert_eq!(time_left(LIFETIME - PERIOD, PERIOD), Some(PERIOD));
    }

    #[test]
    fn a_socket_that_outlived_its_time_has_none_left() {
        assert_eq!(time_left(LIFETIME * 2, PERIOD), Some(Duration::ZERO));
    }
}
