//! Somebody who has signed up.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context, Result, anyhow};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Names, Rest, RestError, RestReply};
use crate::history::User;

/// Nobody but this machine reaches a stack of faults.
const PASSWORD: &str = "correct horse battery";

/// Somebody who has signed up; cheap to clone.
#[derive(Debug, Clone)]
pub struct Account {
    /// Who.
    pub user: User,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    rest: Rest,
    email: String,
    token: RwLock<String>,
}

impl Account {
    /// A new one.
    pub async fn sign_up(rest: &Rest, names: &Names, number: usize) -> Result<Self> {
        let email = format!("user{number}@example.com");
        let body = json!({"email": email, "password": PASSWORD});
        let answer = rest
            .ask(None, Method::POST, "/api/auth/signup", &[], Some(&body))
            .await;
        let tokens = answer
            .map_err(|error| anyhow!("signing up: {error:?}"))?
            .body;
        let id = tokens["user_id"]
            .as_str()
            .and_then(|id| Uuid::try_parse(id).ok());
        let user = names.add_user(id.context("signing up gives no user_id")?);
        let token = tokens["access_token"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let inner = Inner {
            rest: rest.clone(),
            email,
            token: RwLock::new(token),
        };
        Ok(Self {
            user,
            inner: Arc::new(inner),
        })
    }

    /// Asks in the user's name, and gives the body of a success.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, RestError> {
        let reply = self.ask_all(method, path, query, body).await?;
        Ok(reply.body)
    }

    /// Asks in the user's name. An access token that has expired is replaced by logging in again.
    pub async fn ask_all(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<RestReply, RestError> {
        let token = self
            .inner
            .token
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let answer = self
            .inner
            .rest
            .ask(Some(&token), method.clone(), path, query, body)
            .await;
        if !matches!(&answer, Err(RestError::Refused { status: 401, .. })) {
            return answer;
        }
        let token = self.log_in().await?;
        self.inner
            .rest
            .ask(Some(&token), method, path, query, body)
            .await
    }

    async fn log_in(&self) -> Result<String, RestError> {
        let body = json!({"email": self.inner.email, "password": PASSWORD});
        let tokens = self
            .inner
            .rest
            .ask(None, Method::POST, "/api/auth/login", &[], Some(&body))
            .await?
            .body;
        let token = tokens["access_token"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.inner
            .token
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&token);
        Ok(token)
    }
}
