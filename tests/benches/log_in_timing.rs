//! Whether the time of a failed log-in tells an unknown user from a wrong password.
//!
//! `cargo bench -p tests --bench log_in_timing` makes 200 log-ins of each kind, in random order, through the gateway, and compares
//! them by the Mann–Whitney U test: whichever of two log-ins takes longer, one of each kind, is it one kind more often than the
//! other? It prints the figures and ends with 1 if chance would show such a difference in fewer than 1 of 100 runs. Let the machine
//! be calm: noise does not feign a difference, because both kinds meet the same, but hides one.

use std::{process::ExitCode, time::Instant};

use tests::TestStack;
use uuid::Uuid;

/// Log-ins of each kind that count.
const TRIES: usize = 200;
/// Log-ins before those, for caches and connections.
const WARM_UP: usize = 20;
/// The two kinds are told apart if chance alone would do so more seldom than this.
const SIGNIFICANCE: f64 = 0.01;

#[tokio::main]
async fn main() -> ExitCode {
    let stack = TestStack::with().no_schedules().start().await;
    stack.sign_up("known@example.org", "the right one").await;
    let nobody = stack.rest();
    let mut millis = [Vec::new(), Vec::new()];
    let mut coin = false;
    for n in 0..WARM_UP + 2 * TRIES {
        // Random, and yet as many of each: a coin decides which of every two comes first.
        if n % 2 == 0 {
            coin = Uuid::new_v4().as_u128() & 1 == 1;
        }
        let known = coin ^ (n % 2 == 1);
        let email = ["other@example.org", "known@example.org"][usize::from(known)];
        let began = Instant::now();
        let reply = nobody.log_in(email, "the wrong one").await;
        let took = began.elapsed().as_secs_f64() * 1_000.0;
        assert_eq!(reply.code(), Some("invalid_credentials"));
        if n >= WARM_UP {
            millis[usize::from(known)].push(took);
        }
    }
    let [unknown, wrong] = &mut millis;
    let p = mann_whitney(unknown, wrong);
    println!("unknown user    {}", summary(unknown));
    println!("wrong password  {}", summary(wrong));
    println!("Mann–Whitney    p = {p:.4} (told apart below {SIGNIFICANCE})");
    if p < SIGNIFICANCE {
        println!("The two can be told apart.");
        ExitCode::FAILURE
    } else {
        println!("The two cannot be told apart.");
        ExitCode::SUCCESS
    }
}

fn summary(millis: &mut [f64]) -> String {
    millis.sort_by(f64::total_cmp);
    let at = |part: f64| millis[((millis.len() - 1) as f64 * part) as usize];
    format!(
        "{} tries, quartiles {:.2} {:.2} {:.2} ms",
        millis.len(),
        at(0.25),
        at(0.5),
        at(0.75)
    )
}

/// The two-sided probability of such a difference by chance, by the normal approximation, which is good from 20 of each kind.
fn mann_whitney(ones: &[f64], others: &[f64]) -> f64 {
    let wins: f64 = ones
        .iter()
        .flat_map(|one| others.iter().map(move |other| (one, other)))
        .map(|(one, other)| match one.total_cmp(other) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Greater => 1.0,
        })
        .sum();
    let (n, m) = (ones.len() as f64, others.len() as f64);
    let (mean, deviation) = (n * m / 2.0, (n * m * (n + m + 1.0) / 12.0).sqrt());
    erfc((wins - mean).abs() / deviation / std::f64::consts::SQRT_2)
}

/// The complementary error function, to 1.2 · 10⁻⁷ (Numerical Recipes, section 6.2).
fn erfc(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.5 * x);
    let terms = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let sum = terms.iter().rev().fold(0.0, |sum, term| sum * t + term);
    t * (-x * x + sum).exp()
}
