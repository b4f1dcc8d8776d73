//! One field of a cron expression: `*`, values, ranges, steps and lists of them.

use std::collections::BTreeSet;

use super::cron::CronError;

/// What a field can hold.
pub(super) struct Span {
    /// As EventBridge calls it.
    pub(super) name: &'static str,
    /// Its least value.
    pub(super) first: u32,
    /// Its greatest value.
    pub(super) last: u32,
    /// Names of its values from `first` on.
    pub(super) names: &'static [&'static str],
    /// Whether `/` is allowed.
    pub(super) steps: bool,
}

impl Span {
    /// The values that a list of values, ranges and steps names.
    pub(super) fn set(&self, text: &str) -> Result<BTreeSet<u32>, CronError> {
        let mut values = BTreeSet::new();
        for item in text.split(',') {
            values.extend(self.item(item)?);
        }
        Ok(values)
    }

    /// A single value.
    pub(super) fn one(&self, text: &str) -> Result<u32, CronError> {
        let named = self
            .names
            .iter()
            .zip(self.first..)
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let value = match named {
            Some((_, value)) => Some(value),
            None => text.parse().ok().filter(|_| digits),
        };
        value
            .filter(|value| (self.first..=self.last).contains(value))
            .ok_or_else(|| self.refused(text))
    }

    fn item(&self, item: &str) -> Result<Vec<u32>, CronError> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) if self.steps => {
                let step: usize = step
                    .parse()
                    .ok()
                    .filter(|step| *step > 0)
                    .ok_or_else(|| self.refused(item))?;
                (range, Some(step))
            }
            Some(_) => return Err(self.refused(item)),
            None => (item, None),
        };
        let values: Vec<u32> = match range.split_once('-') {
            _ if range == "*" => (self.first..=self.last).collect(),
            Some((from, to)) => self.range(self.one(from)?, self.one(to)?),
            // A value with a step counts on from there.
            None if step.is_some() => (self.one(range)?..=self.last).collect(),
            None => vec![self.one(range)?],
        };
        Ok(values.into_iter().step_by(step.unwrap_or(1)).collect())
    }

    /// A range may wrap: hours `20-2`.
    fn range(&self, from: u32, to: u32) -> Vec<u32> {
        if from <= to {
            (from..=to).collect()
        } else {
            (from..=self.last).chain(self.first..=to).collect()
        }
    }

    fn refused(&self, text: &str) -> CronError {
        CronError::Value {
            field: self.name,
            text: text.to_owned(),
        }
    }
}
