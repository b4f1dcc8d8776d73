//! Our own template.

use std::{path::Path, time::Duration};

use super::load_with;
use crate::template::{ScheduleKind, Template};

fn own() -> Template {
    own_with(&[])
}

fn own_with(further: &[(&str, &str)]) -> Template {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let mut parameters = vec![
        ("DatabaseUrl", "postgres://db"),
        ("RedisUrl", "redis://cache"),
    ];
    parameters.extend(further);
    load_with(&path, &parameters).unwrap()
}

#[test]
fn a_parameter_of_our_own_template_has_frames_answered_by_a_managed_function() {
    let answers = |template: &Template| {
        let function = template.websocket_apis[0].routes["$default"]
            .function
            .clone();
        let function = function.unwrap();
        let concurrency = template.functions[&function].concurrency;
        let binary = template.functions[&function].binary.clone();
        (function, concurrency, binary, template.functions.len())
    };
    let on_demand = own();
    let managed = own_with(&[("Instances", "managed"), ("InstanceConcurrency", "32")]);
    let binary = Some("ws-message".to_owned());
    assert_eq!(
        answers(&on_demand),
        ("WsMessageFunction".to_owned(), None, binary.clone(), 8)
    );
    assert_eq!(
        answers(&managed),
        ("WsMessageManagedFunction".to_owned(), Some(32), binary, 8)
    );
    // By name: each template has secrets of its own.
    let variables = |template: &Template, function: &str| -> Vec<String> {
        template.functions[function]
            .environment
            .keys()
            .cloned()
            .collect()
    };
    assert_eq!(
        variables(&on_demand, "WsMessageFunction"),
        variables(&managed, "WsMessageManagedFunction")
    );
}

#[test]
fn our_own_template_has_its_socket_with_a_two_way_default_route() {
    let template = own();
    let [socket] = template.websocket_apis.as_slice() else {
        panic!("{template:?}")
    };
    assert_eq!(
        (socket.name.as_str(), socket.stage.as_str()),
        ("ChatSocket", "prod")
    );
    assert_eq!(socket.route_selection, "$request.body.type");
    let routes: Vec<_> = socket
        .routes
        .iter()
        .map(|(key, route)| {
            (
                key.as_str(),
                route.function.as_deref().unwrap(),
                route.two_way,
            )
        })
        .collect();
    assert_eq!(
        routes,
        [
            ("$connect", "WsConnectFunction", false),
            ("$default", "WsMessageFunction", true),
            ("$disconnect", "WsDisconnectFunction", false),
        ]
    );
    let authorizer = socket.authorizer.as_ref().unwrap();
    assert_eq!(authorizer.function, "WsAuthorizerFunction");
    assert_eq!(
        authorizer.identity_sources,
        ["route.request.querystring.ticket"]
    );
}

#[test]
fn our_own_functions_have_their_binaries_and_find_each_other_on_this_machine() {
    let template = own();
    assert_eq!(template.functions.len(), 8);
    let auth = &template.functions["RestAuthFunction"];
    assert_eq!(
        (auth.binary.as_deref(), auth.memory_mb, auth.timeout),
        (Some("rest-auth"), 512, Duration::from_secs(20))
    );
    assert_eq!(auth.code_uri, Path::new("."));
    assert_eq!(
        template.functions["CleanupFunction"].timeout,
        Duration::from_secs(120)
    );
    for function in template.functions.values() {
        let variables = &function.environment;
        assert_eq!(variables["WEBSOCKET_URL"], "ws://127.0.0.1:3000/prod");
        assert_eq!(
            variables["AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"],
            "http://127.0.0.1:3000/prod"
        );
        assert_eq!(variables["DATABASE_URL"], "postgres://db");
        assert_eq!(variables["TOKEN_KEYS"].len(), 64);
        assert_eq!(
            (
                variables["PUSH"].as_str(),
                variables["AWS_LAMBDA_LOG_FORMAT"].as_str()
            ),
            ("on", "JSON")
        );
    }
}

#[test]
fn our_own_routes_and_schedules_are_there() {
    let template = own();
    let [api] = template.http_apis.as_slice() else {
        panic!("{template:?}")
    };
    assert_eq!(
        (api.name.as_str(), api.stage.as_str()),
        ("ChatApi", "$default")
    );
    let remove = "DELETE /api/chat/sessions/{id}/members/{user_id}";
    let remove = api.routes.iter().find(|route| route.key == remove).unwrap();
    assert_eq!(
        (remove.function.as_str(), remove.integration_timeout),
        ("RestSyncFunction", Duration::from_secs(30))
    );
    let cors = api.cors.as_ref().unwrap();
    assert_eq!(cors.allow_methods, ["GET", "POST", "PATCH", "DELETE"]);
    assert_eq!(
        (cors.allow_origins.as_slice(), cors.max_age),
        (["*".to_owned()].as_slice(), Some(Duration::from_secs(600)))
    );
    let schedules: Vec<_> = template
        .schedules
        .iter()
        .map(|schedule| {
            (
                schedule.name.as_str(),
                schedule.expression.as_str(),
                schedule.kind,
            )
        })
        .collect();
    assert_eq!(
        schedules,
        [
            (
                "CleanupFunctionDaily",
                "rate(24 hours)",
                ScheduleKind::Scheduler
            ),
            (
                "CleanupFunctionGoOn",
                "rate(5 minutes)",
                ScheduleKind::Scheduler
            ),
            (
                "HeartbeatFunctionEveryMinute",
                "rate(1 minute)",
                ScheduleKind::Scheduler
            ),
        ]
    );
}
