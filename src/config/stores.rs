//! `[[stores]]`: options of object stores by URL, secrets from the environment only.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use crate::error::{Error, Result};
use crate::wire::Wire;

/// How a run reaches its object stores: options by URL, and the one wire that all requests take.
#[derive(Debug, Clone, Default)]
pub struct Stores {
    /// Options by URL prefix.
    pub options: Vec<StoreOptions>,
    /// Limits and counts of requests, shared by every store that is opened with this value or a copy of it.
    pub wire: Arc<Wire>,
}

/// Options of the stores whose URLs begin with `url`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreOptions {
    /// URL prefix.
    pub url: String,
    /// Options as `object_store` names them; secrets as `${NAME}`.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

impl StoreOptions {
    /// Whether these options are meant for a URL: it is theirs or lies below it. `s3://logs` is not `s3://logs-eu`.
    pub fn fit(&self, url: &Url) -> bool {
        let (whole, prefix) = (url.as_str(), self.url.trim_end_matches('/'));
        whole.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.ends_with(':'))
    }
}

/// Values may be secrets by the time that anybody prints them.
impl std::fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<&String> = self.options.keys().collect();
        f.debug_struct("StoreOptions").field("url", &self.url).field("options", &keys).finish()
    }
}

/// Whether an option or environment variable of this name holds a secret.
pub fn is_secret(name: &str) -> bool {
    let words =
        ["secret", "token", "password", "access_key", "account_key", "master_key", "service_account_key", "sas"];
    let name = name.to_lowercase();
    // The name of a file that holds a secret is none.
    !name.ends_with("_file") && words.iter().any(|word| name.contains(word))
}

/// Replaces `${NAME}` in options; refuses a secret that stands there in clear text.
pub(super) fn secrets(mut store: StoreOptions, place: &str) -> Result<StoreOptions> {
    for (key, value) in &mut store.options {
        let name = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).map(str::to_string);
        match name {
            Some(name) => {
                *value = std::env::var(&name).map_err(|_| {
                    Error::usage(format!("environment variable `{name}` is not set"))
                        .at(format!("at {place}, store `{}`, option `{key}`", store.url))
                        .hint("export it, or leave the option out to use the cloud's usual credential chain")
                })?;
            }
            None if is_secret(key) => {
                return Err(Error::usage(format!("store option `{key}` holds a secret in clear text"))
                    .at(format!("at {place}, store `{}`", store.url))
                    .hint("write it as \"${NAME}\" and export NAME"));
            }
            None => {}
        }
    }
    Ok(store)
}

/// What stands in a URL is printed and stored, so no credentials may; the text itself is not said again.
pub(super) fn refuse_credentials(url: &Url) -> Result<()> {
    // `abfss://container@account/` names a container before the `@`, not a user; a password is one everywhere.
    let is_user = !url.username().is_empty() && url.scheme().starts_with("http");
    let what = match (url.password().is_some() || is_user, url.query().is_some()) {
        (true, _) => "a user name or password",
        (_, true) => "a query",
        _ => return Ok(()),
    };
    let place = url.host_str().unwrap_or_else(|| url.path());
    Err(Error::usage(format!("{what} stands in the URL of `{place}`")).hint(
        "leave it out, and write a `?` in a path as %3F; credentials are options under [[stores]], as \"${NAME}\", \
             or stand in the environment",
    ))
}
