//! A request of the HTTP API.

use std::{
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use lambda_http::{Request, RequestExt, request::RequestContext};
use uuid::Uuid;

use crate::{
    App,
    code::{Code, Coded},
    field::{Fields, InvalidField},
    language::Language,
    limit::Rate,
    session::{InvalidSessionId, Visitor},
    sign_in,
    token::{AccessError, AccessToken, Identity, KeyRing},
};

/// A request of the HTTP API.
#[derive(Debug)]
pub struct Call {
    request: Request,
    rate: Mutex<Option<Rate>>,
}

/// A route that the function does not know: the template sends it something else.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("there is no such route")]
pub struct NotFound;

impl Coded for NotFound {
    fn code(&self) -> Code {
        Code::NotFound
    }
}

/// A body that is not a JSON object.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the body is not a JSON object")]
pub struct MalformedBody;

impl Coded for MalformedBody {
    fn code(&self) -> Code {
        Code::MalformedBody
    }
}

impl Call {
    /// Wraps what the gateway sent.
    pub fn new(request: Request) -> Self {
        Self {
            request,
            rate: Mutex::default(),
        }
    }

    /// Notes what is left of a limit that the call was counted against, for whatever answer it gets. Of several the last is told.
    pub fn count(&self, rate: Option<Rate>) {
        let mut noted = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        *noted = rate.or(*noted);
    }

    /// What is left of the limit that the call was counted against.
    pub(super) fn rate(&self) -> Option<Rate> {
        *self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The route that the gateway chose, such as `GET /api/chat/sessions/{id}`.
    pub fn route(&self) -> String {
        match self.request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => {
                context.route_key.clone().unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// The client's address as the gateway saw it, never as the client claims it.
    pub fn client_ip(&self) -> String {
        match self.request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => {
                context.http.source_ip.clone().unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// The origin of the page that is calling, as its browser names it; none for other programs.
    pub fn origin(&self) -> Option<String> {
        let header = self.request.headers().get("origin")?;
        header.to_str().ok().map(str::to_owned)
    }

    /// Who is calling, where nobody in particular may call too. One round trip to Redis: their sign-in may have ended.
    pub async fn optional_identity(&self, app: &App) -> Result<Option<Identity>, AccessError> {
        let identity = self.bearer(&app.token_keys)?;
        match &identity {
            Some(Identity {
                user_id, sign_in, ..
            }) if sign_in::has_ended(app, *user_id, *sign_in).await => Err(AccessError::SignedOut),
            _ => Ok(identity),
        }
    }

    /// Whose access token comes with the request, whether or not their sign-in has ended.
    pub fn bearer(&self, keys: &KeyRing) -> Result<Option<Identity>, AccessError> {
        let Some(header) = self.request.headers().get("authorization") else {
            return Ok(None);
        };
        let token = header
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| {
                // RFC 9110 section 11.1: a scheme's case does not matter.
                scheme.eq_ignore_ascii_case("bearer")
            });
        let (_, token) = token.ok_or(AccessError::Missing)?;
        AccessToken::verify(keys, token.trim()).map(Some)
    }

    /// The language for what the caller is told: of those that the request accepts, or the user's own, or English.
    pub fn language(&self, keys: &KeyRing) -> Language {
        let of_user = || {
            let identity = self.bearer(keys).ok().flatten()?;
            Language::nearest(&identity.locale)
        };
        self.accepted_language()
            .or_else(of_user)
            .unwrap_or(Language::ENGLISH)
    }

    /// The language that the request asks for, if there is one of those that errors can be told in.
    pub fn accepted_language(&self) -> Option<Language> {
        let headers = self.request.headers().get_all("accept-language");
        let header: Vec<&str> = headers
            .iter()
            .filter_map(|text| text.to_str().ok())
            .collect();
        Language::accepted(&header.join(","))
    }

    /// The body's fields; an absent body has none.
    pub fn fields(&self) -> Result<Fields, MalformedBody> {
        let text = std::str::from_utf8(self.request.body()).map_err(|_| MalformedBody)?;
        if text.trim().is_empty() {
            Ok(Fields::default())
        } else {
            Fields::parse(text).ok_or(MalformedBody)
        }
    }

    /// A part of the path.
    pub fn path_parameter(&self, name: &str) -> String {
        self.request
            .path_parameters()
            .first(name)
            .unwrap_or_default()
            .to_owned()
    }

    /// A user before the session that the path names.
    pub fn session_in_path(&self, keys: &KeyRing, user: Uuid) -> Result<Visitor, InvalidSessionId> {
        Visitor::verify(keys, user, &self.path_parameter("id"))
    }

    /// A user before the session that the query string names.
    pub fn session_in_query(
        &self,
        keys: &KeyRing,
        user: Uuid,
    ) -> Result<Visitor, InvalidSessionId> {
        Visitor::verify(keys, user, &self.query("session_id").unwrap_or_default())
    }

    /// A parameter of the query string; an empty one counts as absent.
    pub fn query(&self, name: &str) -> Option<String> {
        let query = self.request.query_string_parameters();
        query
            .first(name)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }

    /// A parameter of the query string, read as something.
    pub fn query_as<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, InvalidField> {
        self.query(name)
            .map(|text| text.parse().map_err(|_| InvalidField(name)))
            .transpose()
    }

    /// `limit` of a page: 1 to `max`, `default` unless given.
    pub fn limit(&self, default: usize, max: usize) -> Result<usize, InvalidField> {
        match self.query_as("limit")? {
            None => Ok(default),
            Some(limit) if (1..=max).contains(&limit) => Ok(limit),
            Some(_) => Err(InvalidField("limit")),
        }
    }
}
