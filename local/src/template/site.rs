//! Where the stack is: its address instead of AWS's, and its secrets.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The only Region there is here.
pub const REGION: &str = "us-east-1";

/// The account of documentation examples.
pub const ACCOUNT_ID: &str = "123456789012";

/// What follows an API's id in its address.
const API_DOMAIN: &str = ".execute-api.us-east-1.amazonaws.com";

/// Where the stack is.
#[derive(Debug, Clone)]
pub struct Site {
    /// Host and port that serve every API, such as `127.0.0.1:3000`.
    pub address: String,
    /// Folder that outlives the stack; generated secrets are kept in `secrets` within it.
    pub state: PathBuf,
    /// `AWS::StackName`.
    pub stack_name: String,
}

impl Site {
    /// `text` with the address of this site for every `https://` or `wss://` address of one of the APIs.
    pub(super) fn localise(&self, text: &str, api_ids: &[String]) -> String {
        let mut local = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(API_DOMAIN) {
            let (before, after) = (&rest[..at], &rest[at + API_DOMAIN.len()..]);
            match before.rsplit_once("://") {
                Some((scheme, id)) if api_ids.iter().any(|known| known == id) => {
                    let (prefix, scheme) =
                        match (scheme.strip_suffix("https"), scheme.strip_suffix("wss")) {
                            (Some(prefix), _) => (prefix, "http"),
                            (_, Some(prefix)) => (prefix, "ws"),
                            _ => (scheme, ""),
                        };
                    local.extend([prefix, scheme, "://", &self.address]);
                }
                _ => local.extend([before, API_DOMAIN]),
            }
            rest = after;
        }
        local.push_str(rest);
        local
    }

    /// 64 hexadecimal digits that stay the same from one start to the next.
    pub(super) fn secret(&self, name: &str) -> Result<String, (PathBuf, io::Error)> {
        let path = self.state.join("secrets").join(name);
        keep(&path).map_err(|error| (path, error))
    }
}

fn keep(path: &Path) -> io::Result<String> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let secret: String = rand::random::<[u8; 32]>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(mut file) => {
            file.write_all(secret.as_bytes())?;
            Ok(secret)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::read_to_string(path),
        Err(error) => Err(error),
    }
}

/// Ten lowercase letters and digits that are the same for the same name, on every machine and with every compiler.
pub(super) fn api_id(name: &str) -> String {
    const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    // FNV-1a with the offset and the prime of its 64-bit form.
    let mut hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut id = String::with_capacity(10);
    for _ in 0..10 {
        id.push(char::from(DIGITS[(hash % 36) as usize]));
        hash /= 36;
    }
    id
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{Site, api_id};

    fn site(state: &std::path::Path) -> Site {
        Site {
            address: "127.0.0.1:3000".to_owned(),
            state: state.to_owned(),
            stack_name: "local".to_owned(),
        }
    }

    #[test]
    fn addresses_of_its_apis_become_its_own_and_others_stay() {
        let site = site("/nowhere".as_ref());
        let ids = ["abcdefghij".to_owned()];
        let local = |text| site.localise(text, &ids);
        assert_eq!(
            local("wss://abcdefghij.execute-api.us-east-1.amazonaws.com/prod"),
            "ws://127.0.0.1:3000/prod"
        );
        assert_eq!(
            local(
                "a=https://abcdefghij.execute-api.us-east-1.amazonaws.com, b=https://abcdefghij.execute-api.us-east-1.amazonaws.com/x"
            ),
            "a=http://127.0.0.1:3000, b=http://127.0.0.1:3000/x"
        );
        let other = "https://zzzzzzzzzz.execute-api.us-east-1.amazonaws.com/prod";
        assert_eq!(local(other), other);
        assert_eq!(local("no address"), "no address");
    }

    #[test]
    fn a_secret_is_kept_for_its_owner_alone() {
        let state = tempfile::tempdir().unwrap();
        let first = site(state.path()).secret("TokenKeys").unwrap();
        assert_eq!(first.len(), 64);
        assert_eq!(site(state.path()).secret("TokenKeys").unwrap(), first);
        assert_ne!(site(state.path()).secret("SessionKeys").unwrap(), first);
        let mode = state
            .path()
            .join("secrets/TokenKeys")
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_api_id_is_ten_lowercase_letters_and_digits() {
        let id = api_id("ChatSocket");
        assert_eq!(id, api_id("ChatSocket"));
        assert_ne!(id, api_id("ChatApi"));
        assert_eq!(id.len(), 10);
        assert!(
            id.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        );
    }
}
