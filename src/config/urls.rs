//! URLs of the run file.

use url::Url;

use crate::error::{Error, Result};

/// A folder's URL ends in a slash, or its last part would be taken for a file.
pub(super) fn with_slash(mut url: String) -> String {
    if !url.ends_with('/') {
        url.push('/');
    }
    url
}

/// A URL of the run file, relative ones from its folder.
pub(super) fn resolve(base: &Url, text: &str) -> Result<Url> {
    if text.contains("${") {
        return Err(Error::usage("`${...}` stands in a URL").hint("environment values are read in store options only"));
    }
    let url = base.join(text).map_err(|error| {
        Error::usage(format!("`{text}` is no URL or path"))
            .because(error)
            .hint("use a path, or a URL such as s3://bucket/prefix/, gs://..., az://...")
    })?;
    refuse_credentials(&url)?;
    Ok(url)
}

/// What stands in a URL is printed and stored, so no credentials may; the text itself is not said again.
fn refuse_credentials(url: &Url) -> Result<()> {
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
