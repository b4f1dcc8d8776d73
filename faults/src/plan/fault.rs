//! What goes wrong, and when.

use std::{fmt, time::Duration};

use clap::ValueEnum;
use local::dials::{PostFault, Refusal, Span, When};
use rand::{Rng, RngExt, rngs::StdRng};

use super::stream;

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Kind {
    /// Functions die in the middle of their work: between two effects, before or after their answer.
    Kill,
    /// The way to Redis is cut.
    RedisCut,
    /// The way to Redis is slow.
    RedisSlow,
    /// Redis ends, and comes back empty.
    RedisStop,
    /// FLUSHALL.
    RedisFlush,
    /// The way to PostgreSQL is cut.
    PostgresCut,
    /// The way to PostgreSQL is slow.
    PostgresSlow,
    /// PostgreSQL is killed, and recovers.
    PostgresStop,
    /// Pushes vanish, and are answered all the same.
    PushLose,
    /// Pushes come late.
    PushDelay,
    /// Pushes come twice.
    PushDuplicate,
    /// Pushes overtake each other.
    PushReorder,
    /// Pushes are refused with 410, 429 or 500.
    PushRefuse,
    /// `$disconnect` is lost.
    DisconnectLose,
    /// The gateway restarts: every socket ends.
    GatewayRestart,
    /// The gateway's clock goes ahead of everybody else's, by minutes or hours.
    ClockSkew,
    /// A device vanishes without a word and comes back.
    DeviceVanish,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Events of a function are deadly.
    Kill {
        /// What it runs.
        program: &'static str,
        /// At which point.
        when: When,
        /// How many events.
        next: u32,
    },
    /// Redis cannot be reached for so long.
    RedisCut(Duration),
    /// Redis is reached late.
    RedisSlow {
        /// So much later.
        delay: Duration,
        /// For so long.
        during: Duration,
    },
    /// Redis is not there for so long.
    RedisStop(Duration),
    /// Redis forgets everything.
    RedisFlush,
    /// PostgreSQL cannot be reached for so long.
    PostgresCut(Duration),
    /// PostgreSQL is reached late.
    PostgresSlow {
        /// So much later.
        delay: Duration,
        /// For so long.
        during: Duration,
    },
    /// PostgreSQL is not there for so long.
    PostgresStop(Duration),
    /// Pushes are disturbed.
    Posts {
        /// How.
        fault: PostFault,
        /// How many.
        next: u32,
    },
    /// So many `$disconnect` events are lost.
    DisconnectLose(u32),
    /// Every socket ends.
    GatewayRestart,
    /// The gateway's clock moves on by so much.
    ClockSkew(Duration),
    /// A device vanishes.
    DeviceVanish {
        /// Modulo how many there are.
        device: usize,
        /// For so long, at least.
        during: Duration,
    },
}

/// A fault in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// From 1, by time, over all lanes: what `--only` names.
    pub number: usize,
    /// Faults of one lane follow each other, and lanes run side by side.
    pub lane: usize,
    /// When it begins, from the beginning of the faults; later if its lane is not done.
    pub at: Duration,
    /// Of this kind.
    pub kind: Kind,
    /// What.
    pub fault: Fault,
}

/// What shares a dial shares a lane. With each, how long its pauses are on average.
const LANES: [(&[Kind], Duration); 6] = [
    (
        &[
            Kind::RedisCut,
            Kind::RedisSlow,
            Kind::RedisStop,
            Kind::RedisFlush,
        ],
        Duration::from_millis(3_500),
    ),
    (
        &[Kind::PostgresCut, Kind::PostgresSlow, Kind::PostgresStop],
        Duration::from_millis(6_000),
    ),
    (&[Kind::Kill], Duration::from_millis(900)),
    (
        &[
            Kind::PushLose,
            Kind::PushDelay,
            Kind::PushDuplicate,
            Kind::PushReorder,
            Kind::PushRefuse,
        ],
        Duration::from_millis(500),
    ),
    (
        &[Kind::DisconnectLose, Kind::GatewayRestart, Kind::ClockSkew],
        Duration::from_millis(5_000),
    ),
    (&[Kind::DeviceVanish], Duration::from_millis(1_500)),
];

/// The programs of the functions that may die, those that most depends on more often. Which function of `template.yaml` runs a program
/// depends on the template's parameters.
const PROGRAMS: [&str; 9] = [
    "ws-message",
    "ws-message",
    "ws-message",
    "ws-connect",
    "ws-disconnect",
    "ws-authorizer",
    "rest-sync",
    "rest-auth",
    "heartbeat",
];

/// The faults of a seed within a span, of the kinds that are wanted. The first ones are one of each kind, so that a short run has
/// them all.
pub fn faults(seed: u64, during: Duration, kinds: &[Kind]) -> Vec<Planned> {
    let mut planned = Vec::new();
    for (lane, (all, pause)) in LANES.into_iter().enumerate() {
        let wanted: Vec<_> = all
            .iter()
            .copied()
            .filter(|kind| kinds.contains(kind))
            .collect();
        if wanted.is_empty() {
            continue;
        }
        // Without the other kinds, so that leaving some out makes the rest no rarer.
        let mut random = stream(seed, 1 + lane as u64);
        let (mut at, mut turn) = (Duration::ZERO, random.random_range(0..wanted.len()));
        loop {
            at += pause.mul_f64(random.random_range(0.3..1.7));
            if at >= during {
                break;
            }
            let kind = wanted[turn % wanted.len()];
            turn += 1;
            planned.push(Planned {
                number: 0,
                lane,
                at,
                kind,
                fault: fault(kind, &mut random),
            });
        }
    }
    planned.sort_by_key(|planned| planned.at);
    for (place, planned) in planned.iter_mut().enumerate() {
        planned.number = place + 1;
    }
    planned
}

fn fault(kind: Kind, random: &mut StdRng) -> Fault {
    match kind {
        Kind::Kill => Fault::Kill {
            program: pick(&PROGRAMS, random),
            when: when(random),
            next: random.random_range(1..=2),
        },
        Kind::RedisCut => Fault::RedisCut(millis(200..=2_500, random)),
        Kind::RedisSlow => Fault::RedisSlow {
            delay: millis(5..=700, random),
            during: millis(500..=2_500, random),
        },
        Kind::RedisStop => Fault::RedisStop(millis(100..=1_500, random)),
        Kind::RedisFlush => Fault::RedisFlush,
        Kind::PostgresCut => Fault::PostgresCut(millis(200..=2_000, random)),
        Kind::PostgresSlow => Fault::PostgresSlow {
            delay: millis(5..=250, random),
            during: millis(500..=2_500, random),
        },
        Kind::PostgresStop => Fault::PostgresStop(millis(100..=800, random)),
        Kind::PushLose => posts(PostFault::Lose, 1..=6, random),
        Kind::PushDelay => {
            let delay = millis(50..=1_500, random);
            posts(PostFault::Delay(delay), 1..=6, random)
        }
        Kind::PushDuplicate => posts(PostFault::Duplicate, 1..=6, random),
        Kind::PushReorder => posts(PostFault::Reorder, 2..=5, random),
        Kind::PushRefuse => {
            let refusal = pick(
                &[Refusal::Gone, Refusal::Throttled, Refusal::Failed],
                random,
            );
            posts(PostFault::Refuse(refusal), 1..=6, random)
        }
        Kind::DisconnectLose => Fault::DisconnectLose(random.random_range(1..=5)),
        Kind::GatewayRestart => Fault::GatewayRestart,
        Kind::ClockSkew => Fault::ClockSkew(Duration::from_secs(pick(
            &[61, 61, 61, 660, 660, 7_260],
            random,
        ))),
        Kind::DeviceVanish => Fault::DeviceVanish {
            device: random.random_range(0..1_000),
            during: millis(50..=4_000, random),
        },
    }
}

fn when(random: &mut StdRng) -> When {
    match random.random_range(0..4) {
        0 => When::BeforeAnswer,
        1 => When::AfterAnswer,
        2 => When::AtPost,
        // A send takes 5 to 20 ms here: each of its effects may be the last.
        _ => When::After(millis(1..=30, random)),
    }
}

fn posts(fault: PostFault, count: std::ops::RangeInclusive<u32>, random: &mut StdRng) -> Fault {
    Fault::Posts {
        fault,
        next: random.random_range(count),
    }
}

fn millis(range: std::ops::RangeInclusive<u64>, random: &mut StdRng) -> Duration {
    Duration::from_millis(random.random_range(range))
}

fn pick<T: Copy>(among: &[T], random: &mut impl Rng) -> T {
    among[random.random_range(0..among.len())]
}

impl Kind {
    /// All of them.
    pub fn all() -> Vec<Self> {
        Self::value_variants().to_vec()
    }

    /// As it is written on the command line.
    pub fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = |duration: &Duration| Span(*duration);
        match self {
            Self::Kill {
                program,
                when,
                next,
            } => write!(f, "{program} {when:?}, {next} times"),
            Self::RedisCut(during)
            | Self::RedisStop(during)
            | Self::PostgresCut(during)
            | Self::PostgresStop(during) => {
                write!(f, "for {}", span(during))
            }
            Self::RedisSlow { delay, during } | Self::PostgresSlow { delay, during } => {
                write!(f, "by {} for {}", span(delay), span(during))
            }
            Self::RedisFlush | Self::GatewayRestart => Ok(()),
            Self::Posts { fault, next } => write!(f, "{fault:?}, {next} posts"),
            Self::DisconnectLose(count) => write!(f, "{count} times"),
            Self::ClockSkew(ahead) => write!(f, "by {}", span(ahead)),
            Self::DeviceVanish { device, during } => {
                write!(f, "number {device} for {}", span(during))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_gives_the_same_faults_and_another_gives_others() {
        let of = |seed| faults(seed, Duration::from_secs(60), &Kind::all());
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn a_minute_has_every_kind() {
        for seed in 0..20 {
            let planned = faults(seed, Duration::from_secs(60), &Kind::all());
            let kinds: BTreeSet<_> = planned.iter().map(|planned| planned.kind).collect();
            assert_eq!(kinds.len(), Kind::all().len(), "seed {seed}");
            assert!(
                planned
                    .iter()
                    .enumerate()
                    .all(|(place, planned)| planned.number == place + 1)
            );
        }
    }

    #[test]
    fn a_kind_that_is_not_wanted_does_not_come() {
        let planned = faults(1, Duration::from_secs(30), &[Kind::RedisFlush]);
        assert!(
            !planned.is_empty()
                && planned
                    .iter()
                    .all(|planned| planned.kind == Kind::RedisFlush)
        );
        assert!(faults(1, Duration::from_secs(30), &[]).is_empty());
    }
}
