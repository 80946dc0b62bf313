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
    super::stores::refuse_credentials(&url)?;
    Ok(url)
}
