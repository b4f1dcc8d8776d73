//! What runs where.

use crate::{
    screen::Style,
    template::{HttpApi, Template, WebSocketApi},
};

/// Where the parts of a stack are that its template does not know.
#[derive(Debug, Clone, Copy)]
pub struct Addresses<'a> {
    /// Host and port of everything that the stack serves.
    pub host: &'a str,
    /// Whether there is a page.
    pub page: bool,
    /// Of PostgreSQL, if the functions use it.
    pub database_url: Option<&'a str>,
    /// Of Redis, if the functions use it.
    pub redis_url: Option<&'a str>,
}

/// A table of every address, and one of every function with what calls it.
pub fn overview(template: &Template, addresses: Addresses<'_>, style: Style) -> String {
    let mut text = String::from("\n");
    let places = places(template, addresses);
    let width = widest(places.iter().map(|(name, _)| name.as_str()));
    for (name, address) in &places {
        text += &format!("  {}  {address}\n", style.bold(&format!("{name:width$}")));
    }
    text += "\n";
    let width = widest(template.functions.keys().map(String::as_str));
    for (place, id) in template.functions.keys().enumerate() {
        let mut calls = callers(template, id);
        if calls.is_empty() {
            calls.push(style.dim("nothing calls it but the Invoke API"));
        }
        for (row, call) in calls.into_iter().enumerate() {
            let name = if row == 0 { id.as_str() } else { "" };
            text += &format!(
                "  {}  {call}\n",
                style.nth(place, &format!("{name:width$}"))
            );
        }
    }
    text
}

fn places(template: &Template, addresses: Addresses<'_>) -> Vec<(String, String)> {
    let host = addresses.host;
    let mut places = Vec::new();
    let mut add = |name: &str, address: String| places.push((name.to_owned(), address));
    if addresses.page {
        add("Page", format!("http://{host}/"));
    }
    for HttpApi { stage, .. } in &template.http_apis {
        let stage = if stage == "$default" { "" } else { stage };
        add("REST", format!("http://{host}/{stage}"));
    }
    for WebSocketApi { stage, .. } in &template.websocket_apis {
        add("WebSocket", format!("ws://{host}/{stage}"));
        add(
            "@connections",
            format!("http://{host}/{stage}/@connections/{{id}}"),
        );
    }
    add(
        "Invoke API",
        format!("http://{host}/2015-03-31/functions/{{name}}/invocations"),
    );
    if let Some(url) = addresses.database_url {
        add("PostgreSQL", without_password(url));
    }
    if let Some(url) = addresses.redis_url {
        add("Redis", without_password(url));
    }
    places
}

/// A screen is shared, recorded and photographed.
fn without_password(url: &str) -> String {
    let password = url.split_once("://").and_then(|(scheme, rest)| {
        let authority = rest.split(['/', '?']).next()?;
        let (user, _) = authority.rsplit_once('@')?.0.split_once(':')?;
        Some((scheme, user, &rest[rest[..authority.len()].rfind('@')?..]))
    });
    password.map_or_else(
        || url.to_owned(),
        |(scheme, user, rest)| format!("{scheme}://{user}:…{rest}"),
    )
}

/// Routes, authorizers and schedules of a function.
fn callers(template: &Template, id: &str) -> Vec<String> {
    let mut callers = Vec::new();
    for api in &template.websocket_apis {
        if api
            .authorizer
            .as_ref()
            .is_some_and(|authorizer| authorizer.function == id)
        {
            callers.push(format!("authorizer of {}", api.name));
        }
        let routes = api
            .routes
            .iter()
            .filter(|(_, route)| route.function.as_deref() == Some(id));
        callers.extend(routes.map(|(key, _)| key.clone()));
    }
    for api in &template.http_apis {
        let routes = api.routes.iter().filter(|route| route.function == id);
        callers.extend(routes.map(|route| route.key.clone()));
    }
    for schedule in template
        .schedules
        .iter()
        .filter(|schedule| schedule.function == id)
    {
        let state = if schedule.enabled { "" } else { " (disabled)" };
        callers.push(format!("{}{state}", schedule.expression));
    }
    callers
}

fn widest<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Function, Schedule, ScheduleKind};

    #[test]
    fn a_password_is_not_shown() {
        let shown =
            without_password("postgres://ada:se@cret@db.example.com:5432/app?sslmode=require");
        assert_eq!(
            shown,
            "postgres://ada:…@db.example.com:5432/app?sslmode=require"
        );
        let plain = "postgres://postgres@127.0.0.1:20000/app";
        assert_eq!(without_password(plain), plain);
        assert_eq!(without_password("redis://:secret@h/0"), "redis://:…@h/0");
        assert_eq!(
            without_password("redis://127.0.0.1:6379/a@b:c"),
            "redis://127.0.0.1:6379/a@b:c"
        );
    }

    #[test]
    fn every_function_stands_beside_what_calls_it() {
        let schedule = Schedule {
            name: "CleanDaily".to_owned(),
            function: "Clean".to_owned(),
            expression: "rate(1 day)".to_owned(),
            timezone: None,
            input: None,
            kind: ScheduleKind::Scheduler,
            enabled: false,
        };
        let functions = ["Clean", "Orphan"].map(|id| (id.to_owned(), Function::named(id)));
        let template = Template {
            functions: functions.into(),
            schedules: vec![schedule],
            ..Template::default()
        };
        let addresses = Addresses {
            host: "127.0.0.1:3000",
            page: true,
            database_url: None,
            redis_url: Some("redis://h"),
        };
        let expected = [
            "",
            "  Page        http://127.0.0.1:3000/",
            "  Invoke API  http://127.0.0.1:3000/2015-03-31/functions/{name}/invocations",
            "  Redis       redis://h",
            "",
            "  Clean   rate(1 day) (disabled)",
            "  Orphan  nothing calls it but the Invoke API",
            "",
        ];
        assert_eq!(
            overview(&template, addresses, Style::plain()),
            expected.join("\n")
        );
    }
}
