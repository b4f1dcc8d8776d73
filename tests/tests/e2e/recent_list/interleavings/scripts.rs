//! The scripts of the recent list.

use tests::Keys;

/// The scripts, which a test may spoil.
#[derive(Clone)]
pub(super) struct Scripts {
    pub(super) announce: String,
    pub(super) append: String,
    pub(super) settle: String,
    pub(super) read: String,
    pub(super) fill: String,
    pub(super) give_back: String,
}

macro_rules! script {
    ($name:literal) => {
        include_str!(concat!("../../../../../shared/src/session/recent/", $name)).to_owned()
    };
}

impl Scripts {
    /// The same by their digests, as Redis has them now.
    pub(super) async fn load(&self, keys: &mut Keys) -> Self {
        let mut loaded = self.clone();
        for script in [
            &mut loaded.announce,
            &mut loaded.append,
            &mut loaded.settle,
            &mut loaded.read,
            &mut loaded.fill,
            &mut loaded.give_back,
        ] {
            let mut load = redis::cmd("SCRIPT");
            load.arg("LOAD").arg(&*script);
            *script = load.query_async(keys).await.unwrap();
        }
        loaded
    }

    pub(super) fn real() -> Self {
        Self {
            announce: script!("announce.lua"),
            append: script!("append.lua"),
            settle: script!("settle.lua"),
            read: script!("read.lua"),
            fill: script!("fill.lua"),
            give_back: script!("give_back.lua"),
        }
    }
}
