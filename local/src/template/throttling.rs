//! `DefaultRouteSettings` and `RouteSettings` of a stage.

use std::collections::BTreeMap;

use super::{
    error::{Fault, Problem},
    properties::{Known, Properties},
};

/// How many requests a route takes; what AWS does not declare is the account's own limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    /// Requests per second in the long run, 10,000 unless declared.
    pub rate: f64,
    /// Requests at once, 5,000 unless declared.
    pub burst: u32,
}

/// The throttles of a stage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RouteThrottles {
    /// For each route that has none of its own.
    pub default: Option<Throttle>,
    /// By route key.
    pub routes: BTreeMap<String, Throttle>,
}

impl RouteThrottles {
    /// The throttle of a route, if it has one.
    pub fn of(&self, route_key: &str) -> Option<Throttle> {
        self.routes.get(route_key).copied().or(self.default)
    }

    /// Those of a stage's properties.
    pub(super) fn read(stage: &Properties<'_>) -> Result<Self, Fault> {
        let default = match stage.within("DefaultRouteSettings")? {
            Some(settings) => Throttle::read(&settings)?,
            None => None,
        };
        let mut routes = BTreeMap::new();
        if let Some(declared) = stage.within("RouteSettings")? {
            for key in declared.names() {
                if let Some(settings) = declared.within(key)?
                    && let Some(throttle) = Throttle::read(&settings)?
                {
                    routes.insert(key.to_owned(), throttle);
                }
            }
        }
        Ok(Self { default, routes })
    }
}

const SETTINGS: Known = Known {
    read: &["ThrottlingBurstLimit", "ThrottlingRateLimit"],
    without_effect: &["DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel"],
    warned: &[],
};

impl Throttle {
    /// The account's limit in most Regions.
    const ACCOUNT: Self = Self {
        rate: 10_000.0,
        burst: 5_000,
    };

    /// That of a route's settings; none when they say nothing of it.
    pub(super) fn read(settings: &Properties<'_>) -> Result<Option<Self>, Fault> {
        settings.check(&SETTINGS)?;
        let burst = settings.number("ThrottlingBurstLimit")?;
        let rate = match settings.text("ThrottlingRateLimit")? {
            Some(text) => Some(number(&text).ok_or_else(|| {
                let expected = "a number";
                let what = "ThrottlingRateLimit".to_owned();
                Problem::Shape { what, expected }.at(settings.line_of("ThrottlingRateLimit"))
            })?),
            None => None,
        };
        if burst.is_none() && rate.is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            rate: rate.unwrap_or(Self::ACCOUNT.rate),
            burst: burst.unwrap_or(Self::ACCOUNT.burst),
        }))
    }
}

fn number(text: &str) -> Option<f64> {
    let number = text.parse::<f64>().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::tests::load;

    #[test]
    fn an_event_may_throttle_its_route() {
        let template = load(
        "  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Any: { Type: HttpApi, Properties: { Path: /a, Method: GET, RouteSettings: { ThrottlingBurstLimit: 3 } } }
  Socket:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: x
      DefaultRouteSettings: { ThrottlingBurstLimit: 4, ThrottlingRateLimit: 2 }
      Routes:
        $default: { FunctionArn: !GetAtt F.Arn }
",
    )
    .unwrap();
        let throttle = |rate, burst| Some(Throttle { rate, burst });
        let http = &template.http_apis[0].throttles;
        assert_eq!(http.of("GET /a"), throttle(10_000.0, 3));
        assert_eq!(http.of("GET /b"), None);
        let socket = &template.websocket_apis[0].throttles;
        assert_eq!(socket.of("$default"), throttle(2.0, 4));
    }
}
