//! What a store's refusal means: the place, what was wanted, the reason in plain words, and one remedy.
//!
//! A store's own text is never passed on as it came: some servers repeat the headers of a request in their answer,
//! tokens included. Only the status, the code and the short message of an answer are kept, and secrets are blotted out.

use std::error::Error as StdError;
use std::sync::LazyLock;

use object_store::client::{HttpError, HttpErrorKind};
use regex::Regex;
use url::Url;

use crate::error::{Error, Kind};

/// What an answer says of itself.
#[derive(Debug, Default, PartialEq)]
struct Answer {
    status: Option<u16>,
    code: String,
    message: String,
    asked: String,
}

/// The error for a refused request. `what` says what was wanted, such as "reading `a.json`".
pub(super) fn refusal(error: &(dyn StdError + 'static), what: &str, url: Option<&Url>, secrets: &[String]) -> Error {
    if let Some(own) = own(error) {
        return own;
    }
    let chain = chain(error);
    let answer = answer(&chain);
    let (reason, hint) = judge(error, &chain, &answer);
    let mut told = Error::storage(format!("{what} failed: {reason}"));
    if let Some(url) = url {
        told = told.at(format!("at `{url}`"));
    }
    if !answer.asked.is_empty() {
        told = told.at(format!("asked {}", answer.asked));
    }
    let cause = match (answer.status, answer.code.as_str(), answer.message.as_str()) {
        (Some(status), "", "") => format!("status {status}"),
        (Some(status), code, message) => format!("status {status} {code}: {message}"),
        // No answer of a server: a local file, a name, a connection.
        (None, ..) if !chain.contains("status code") && !chain.contains("error response") => last(error),
        (None, ..) => String::new(),
    };
    if !cause.is_empty() {
        told = told.because(scrubbed(&cause, secrets));
    }
    told.hint(hint)
}

/// A refusal that is this crate's own: nobody asked the store, because the run lost its lock.
fn own(error: &(dyn StdError + 'static)) -> Option<Error> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(own) = cause.downcast_ref::<Error>() {
            let again = if own.kind() == Kind::Busy { Error::busy } else { Error::storage };
            let told = again(own.to_string());
            return Some(match own.hint_text() {
                Some(hint) => told.hint(hint),
                None => told,
            });
        }
        next = cause.source();
    }
    None
}

/// A text without the secrets. Values of fewer than eight letters are left: they would blot out ordinary words.
pub(super) fn scrubbed(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_string();
    for secret in secrets.iter().filter(|secret| secret.len() >= 8) {
        text = text.replace(secret.as_str(), "[secret]");
    }
    text
}

/// The messages of an error and of all that caused it.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = cause.source();
    }
    text
}

fn last(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

fn kind_of_failure(error: &(dyn StdError + 'static)) -> Option<HttpErrorKind> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(error) = cause.downcast_ref::<HttpError>() {
            return Some(error.kind());
        }
        next = cause.source();
    }
    None
}

/// The answer began and did not end.
pub(super) fn is_broken_off(error: &(dyn StdError + 'static)) -> bool {
    matches!(kind_of_failure(error), Some(HttpErrorKind::Decode | HttpErrorKind::Interrupted))
        || last(error).contains("end of file before message length")
}

fn answer(chain: &str) -> Answer {
    static STATUS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"status code: (\d{3})").ok());
    static CODE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?:<Code>|"code"\s*:\s*")([A-Za-z0-9_.]{1,60})"#).ok());
    static MESSAGE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?:<Message>|"message"\s*:\s*")([^<"\r\n]{1,160})"#).ok());
    // Host only: a query may hold a signature.
    static ASKED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"performing [A-Z]+ (https?://)(?:[^/@\s]*@)?([^/\s?]+)").ok());
    let find = |pattern: &LazyLock<Option<Regex>>| {
        let found = pattern.as_ref().and_then(|pattern| pattern.captures(chain));
        found.map(|found| found.iter().skip(1).flatten().map(|part| part.as_str()).collect::<String>())
    };
    Answer {
        status: find(&STATUS).and_then(|status| status.parse().ok()),
        code: find(&CODE).unwrap_or_default(),
        message: find(&MESSAGE).unwrap_or_default(),
        asked: find(&ASKED).unwrap_or_default(),
    }
}

const CREDENTIALS: &str =
    "export the cloud's usual variables (AWS_*, AZURE_*, GOOGLE_*) or run where a role gives them";
const POLICY: &str = "let the credentials read, list or write this place; docs/deployment.md has the least policies";
const REGION: &str = "set the bucket's region: AWS_REGION, or aws_region under [[stores]]";
const FOLDER: &str = "check that the place is writable and readable, who owns it, and that its disk has room";
const SLOW: &str =
    "run again; if it stays so, raise request_timeout_seconds or retries, or lower concurrency, under [engine]";

/// The reason in plain words and the remedy.
fn judge(error: &(dyn StdError + 'static), chain: &str, answer: &Answer) -> (String, &'static str) {
    use object_store::Error as Store;
    let has = |words: &[&str]| words.iter().any(|word| chain.contains(word));
    if has(&["169.254.169.254", "169.254.170.2", "metadata.google.internal"]) {
        return ("no credentials were found".into(), CREDENTIALS);
    }
    if has(&["AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraint", "without LOCATION"])
        || [Some(301), Some(307)].contains(&answer.status)
    {
        return ("the bucket is in another region, or behind another endpoint".into(), REGION);
    }
    if has(&["RequestTimeTooSkewed"]) {
        return ("this machine's clock is wrong".into(), "set the clock: stores refuse requests more than minutes off");
    }
    if has(&["InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthenticationFailed", "InvalidToken", "ExpiredToken"]) {
        return ("the store does not know these credentials".into(), CREDENTIALS);
    }
    if has(&["NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist"]) {
        return (
            "the bucket does not exist".into(),
            "check the bucket in the URL and under [[stores]], or create it: trimtab creates none",
        );
    }
    match answer.status {
        Some(401) => return ("the store wants credentials".into(), CREDENTIALS),
        Some(403) => return ("access is refused".into(), POLICY),
        Some(405 | 501) => return ("the server cannot do this".into(), "use a URL of an object store"),
        Some(412 | 409) => return ("somebody else changed it meanwhile".into(), "run again"),
        Some(429) => return ("the store asks for fewer requests".into(), SLOW),
        Some(status @ 500..) => return (format!("the store answers {status}, again and again"), SLOW),
        Some(404) => return ("there is no such object".into(), "check the URL and that the bucket or folder exists"),
        _ => {}
    }
    match error.downcast_ref::<Store>() {
        Some(Store::NotFound { .. }) => {
            return ("there is no such object".into(), "check the URL and that the bucket or folder exists");
        }
        Some(Store::PermissionDenied { .. }) => return ("access is refused".into(), POLICY),
        Some(Store::NotImplemented { .. } | Store::NotSupported { .. }) => {
            return ("this kind of store cannot do it".into(), "use a URL of another kind of store");
        }
        Some(Store::InvalidPath { .. }) => {
            return ("a name there cannot be used".into(), "rename it: names are UTF-8, without `.` and `..`");
        }
        _ => {}
    }
    if has(&["dns error", "failed to lookup address"]) {
        return ("the host's name is not known".into(), "check the URL, the endpoint under [[stores]] and the network");
    }
    if has(&["os error"]) && kind_of_failure(error).is_none() {
        let reason = if has(&["ermission denied"]) { "access is refused" } else { "the file system cannot do it" };
        return (reason.into(), FOLDER);
    }
    match kind_of_failure(error) {
        Some(HttpErrorKind::Timeout) => ("the store did not answer in time".into(), SLOW),
        Some(HttpErrorKind::Connect) => {
            ("no connection".into(), "check the URL, the endpoint under [[stores]], the network and its proxy")
        }
        Some(HttpErrorKind::Request | HttpErrorKind::Interrupted | HttpErrorKind::Decode) => {
            ("the connection broke".into(), SLOW)
        }
        _ if matches!(error.downcast_ref::<Store>(), Some(Store::Generic { store: "LocalFileSystem", .. })) => {
            ("the file system cannot do it".into(), FOLDER)
        }
        _ if has(&["body", "end of file"]) => ("the connection broke".into(), SLOW),
        _ => ("the store failed".into(), "check the network, the URL and the credentials"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        Url::parse("s3://bucket/folder/").unwrap()
    }

    fn said(text: &str) -> String {
        let error = object_store::Error::Generic { store: "S3", source: text.to_string().into() };
        let told = refusal(&error, "listing", Some(&url()), &["s3cr3t-canary".into()]);
        format!(
            "{told} | {} | {}",
            told.source().map(ToString::to_string).unwrap_or_default(),
            told.hint_text().unwrap()
        )
    }

    fn refused(status: &str, body: &str) -> String {
        said(&format!(
            "Error performing GET http://user:pw@127.0.0.1:9000/bucket?sig=abc in 2ms - \
             Server returned non-2xx status code: {status}: {body}"
        ))
    }

    #[test]
    fn every_refusal_names_the_place_the_reason_and_a_remedy() {
        let cases = [
            (
                refused("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>"),
                "access is refused",
                "docs/deployment.md",
            ),
            (refused("404 Not Found", "<Code>NoSuchBucket</Code>"), "the bucket does not exist", "create it"),
            (refused("400 Bad Request", "<Code>AuthorizationHeaderMalformed</Code>"), "another region", "AWS_REGION"),
            (said("Received redirect without LOCATION, this normally"), "another region", "aws_region"),
            (refused("403 Forbidden", "<Code>InvalidAccessKeyId</Code>"), "does not know these credentials", "AWS_*"),
            (refused("403 Forbidden", "<Code>RequestTimeTooSkewed</Code>"), "clock is wrong", "set the clock"),
            (refused("503 Service Unavailable", "<Code>SlowDown</Code>"), "answers 503", "concurrency"),
            (refused("429 Too Many Requests", ""), "fewer requests", "concurrency"),
            (said("dns error: failed to lookup address information"), "name is not known", "endpoint"),
            (said("Error performing PUT http://169.254.169.254/latest/api/token in 1s"), "no credentials", "AWS_*"),
        ];
        for (said, reason, remedy) in cases {
            assert!(said.contains("s3://bucket/folder/"), "{said}");
            assert!(said.contains(reason), "{reason}: {said}");
            assert!(said.contains(remedy), "{remedy}: {said}");
            assert!(!said.contains("pw@") && !said.contains("sig="), "{said}");
        }
    }

    #[test]
    fn an_answer_that_repeats_the_request_gives_no_secret_away() {
        let body = "<Code>SignatureDoesNotMatch</Code><Message>token s3cr3t-canary is bad</Message>\
                    <CanonicalRequest>x-amz-security-token:another-canary</CanonicalRequest>";
        let said = refused("403 Forbidden", body);
        assert!(said.contains("token [secret] is bad"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }

    #[test]
    fn a_local_failure_is_told_in_the_systems_words() {
        let error = object_store::Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(std::io::Error::other("No space left on device (os error 28)")),
        };
        let told = refusal(&error, "writing `a`", Some(&Url::parse("file:///full/").unwrap()), &[]);
        assert_eq!(told.source().unwrap().to_string(), "No space left on device (os error 28)");
        assert!(told.hint_text().unwrap().contains("its disk has room"));
    }
}
