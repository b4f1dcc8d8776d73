//! The addresses that a transcript is played against.

use super::Credentials;

/// The addresses that a transcript is played against.
#[derive(Debug, Clone)]
pub struct Target {
    pub(super) socket: Address,
    pub(super) api: Address,
    pub(super) credentials: Option<Credentials>,
}

/// Where one API is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) tls: bool,
    /// With the port, unless it is the scheme's.
    pub(super) authority: String,
    pub(super) host: String,
    pub(super) port: u16,
    /// Such as `/prod`; empty, or without a slash at its end.
    pub(super) path: String,
}

/// Why something is no address of an API.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no address: it is {1}://host/stage")]
pub struct TargetError(String, &'static str);

impl Target {
    /// `socket` is such as `wss://abcd123456.execute-api.us-east-1.amazonaws.com/prod` and `api` such as
    /// `https://efgh123456.execute-api.us-east-1.amazonaws.com`; both may lack the TLS. Calls to `@connections` are signed
    /// with the credentials, if there are any.
    pub fn new(
        socket: &str,
        api: &str,
        credentials: Option<Credentials>,
    ) -> Result<Self, TargetError> {
        Ok(Self {
            socket: Address::parse(socket, ["ws", "wss"])
                .ok_or_else(|| TargetError(socket.to_owned(), "wss"))?,
            api: Address::parse(api, ["http", "https"])
                .ok_or_else(|| TargetError(api.to_owned(), "https"))?,
            credentials,
        })
    }
}

impl Address {
    fn parse(url: &str, [plain, secure]: [&str; 2]) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let tls = match scheme {
            scheme if scheme == secure => true,
            scheme if scheme == plain => false,
            _ => return None,
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, if tls { 443 } else { 80 }),
        };
        (!host.is_empty()).then(|| Self {
            tls,
            authority: authority.to_owned(),
            host: host.to_owned(),
            port,
            path: path.trim_end_matches('/').to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_a_port_and_a_stage() {
        let target = Target::new("wss://abc.example.com/prod", "http://127.0.0.1:3000/", None);
        let target = target.unwrap();
        let address = |tls, authority: &str, host: &str, port, path: &str| Address {
            tls,
            authority: authority.to_owned(),
            host: host.to_owned(),
            port,
            path: path.to_owned(),
        };
        let host = "abc.example.com";
        assert_eq!(target.socket, address(true, host, host, 443, "/prod"));
        assert_eq!(
            target.api,
            address(false, "127.0.0.1:3000", "127.0.0.1", 3000, "")
        );
        let error = Target::new("https://abc.example.com", "http://a", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "https://abc.example.com is no address: it is wss://host/stage"
        );
    }
}
