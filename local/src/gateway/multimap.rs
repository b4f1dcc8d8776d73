//! Names with several values: headers and query strings, as API Gateway writes them into events.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// Names with one value or more each.
#[derive(Debug, Clone, Default)]
pub(crate) struct MultiMap(BTreeMap<String, Vec<String>>);

impl MultiMap {
    /// The parts of a query string, decoded, `+` being a space.
    pub(crate) fn from_query(query: &str) -> Self {
        form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.last().map(String::as_str)
    }

    /// By a name whose case does not matter, as in headers.
    pub(crate) fn get_ignoring_case(&self, name: &str) -> Option<&str> {
        let (_, values) = self
            .0
            .iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))?;
        values.last().map(String::as_str)
    }

    pub(crate) fn append(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.entry(name.into()).or_default().push(value.into());
    }

    /// Puts one value in the place of all.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), vec![value.into()]);
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Writes `{"name": "last value"}`, as `headers` of a WebSocket event.
    pub(crate) fn last_values(&self) -> LastValues<'_> {
        LastValues(self)
    }

    /// Writes `{"name": ["every", "value"]}`, as `multiValueHeaders` of a WebSocket event.
    pub(crate) fn all_values(&self) -> &BTreeMap<String, Vec<String>> {
        &self.0
    }

    /// Writes `{"name": "every,value"}`, as `headers` of an HTTP event.
    pub(crate) fn joined_values(&self) -> JoinedValues<'_> {
        JoinedValues(self)
    }
}

impl FromIterator<(String, String)> for MultiMap {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let mut map = Self::default();
        for (name, value) in pairs {
            map.append(name, value);
        }
        map
    }
}

#[derive(Debug)]
pub(crate) struct LastValues<'a>(&'a MultiMap);

impl Serialize for LastValues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .0
                .iter()
                .filter_map(|(name, values)| Some((name, values.last()?))),
        )
    }
}

#[derive(Debug)]
pub(crate) struct JoinedValues<'a>(&'a MultiMap);

impl Serialize for JoinedValues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .0
                .iter()
                .map(|(name, values)| (name, values.join(","))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: impl Serialize) -> String {
        serde_json::to_string(&value).unwrap()
    }

    #[test]
    fn a_name_given_twice_keeps_both_values() {
        let query = MultiMap::from_query("a=1&a=2&b=x%20y+z&flag");
        assert_eq!(
            json(query.last_values()),
            r#"{"a":"2","b":"x y z","flag":""}"#
        );
        assert_eq!(
            json(query.all_values()),
            r#"{"a":["1","2"],"b":["x y z"],"flag":[""]}"#
        );
        assert_eq!(
            json(query.joined_values()),
            r#"{"a":"1,2","b":"x y z","flag":""}"#
        );
    }

    #[test]
    fn an_empty_query_has_no_names() {
        assert!(MultiMap::from_query("").is_empty());
    }
}
