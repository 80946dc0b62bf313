//! Google Cloud Storage's XML interface, as much as the client uses: no emulator that can be installed lets it write.
//!
//! Objects have generations; `x-goog-if-generation-match` is honoured under one lock, so of many writers one wins.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Answer, Request, Server};

/// Keys of a page.
const PAGE: usize = 1_000;

#[derive(Default)]
struct Bucket {
    objects: BTreeMap<String, (Vec<u8>, u64)>,
    generations: u64,
}

/// A server with one bucket, named `bucket`, which is empty.
pub fn start() -> Server {
    let bucket = Arc::new(Mutex::new(Bucket::default()));
    Server::start(move |request| answer(&mut bucket.lock().unwrap_or_else(PoisonError::into_inner), request))
}

fn answer(bucket: &mut Bucket, request: &Request) -> Answer {
    let path = request.path();
    let Some(key) = path.strip_prefix("bucket").map(|key| key.trim_start_matches('/').to_string()) else {
        return refused(404, "NoSuchBucket");
    };
    match request.method.as_str() {
        "GET" if key.is_empty() => list(bucket, request),
        "GET" | "HEAD" => get(bucket, request, &key),
        "PUT" => put(bucket, request, key),
        "DELETE" => match bucket.objects.remove(&key) {
            Some(_) => Answer::new(204, ""),
            None => refused(404, "NoSuchKey"),
        },
        _ => refused(405, "MethodNotAllowed"),
    }
}

fn refused(status: u16, code: &str) -> Answer {
    Answer::new(status, format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>"))
}

fn etag(bytes: &[u8], generation: u64) -> String {
    format!("\"{:x}-{generation}\"", bytes.len())
}

fn put(bucket: &mut Bucket, request: &Request, key: String) -> Answer {
    let standing = bucket.objects.get(&key).map_or(0, |(_, generation)| *generation);
    if request.header("x-goog-if-generation-match").is_some_and(|wanted| wanted != standing.to_string()) {
        return refused(412, "PreconditionFailed");
    }
    bucket.generations += 1;
    let generation = bucket.generations;
    let answer =
        Answer::new(200, "").with("etag", etag(&request.body, generation)).with("x-goog-generation", generation);
    bucket.objects.insert(key, (request.body.clone(), generation));
    answer
}

fn get(bucket: &Bucket, request: &Request, key: &str) -> Answer {
    let Some((bytes, generation)) = bucket.objects.get(key) else { return refused(404, "NoSuchKey") };
    let answer = |status, body: &[u8]| {
        Answer::new(status, body)
            .with("etag", etag(bytes, *generation))
            .with("x-goog-generation", generation)
            .with("last-modified", "Sat, 21 Nov 2026 00:00:00 +0000")
    };
    let range = request.header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    match range {
        _ if request.method == "HEAD" => answer(200, b"").with("content-length", bytes.len()),
        None => answer(200, bytes),
        Some((first, last)) => {
            let first = first.parse().unwrap_or(0);
            let last = last.parse::<usize>().map_or(bytes.len(), |last| (last + 1).min(bytes.len()));
            match bytes.get(first..last) {
                Some(part) if !part.is_empty() => {
                    answer(206, part).with("content-range", format!("bytes {first}-{}/{}", last - 1, bytes.len()))
                }
                _ => refused(416, "InvalidRange"),
            }
        }
    }
}

fn list(bucket: &Bucket, request: &Request) -> Answer {
    let prefix = request.query("prefix").unwrap_or_default();
    let delimiter = request.query("delimiter").unwrap_or_default();
    let after = request.query("continuation-token").or(request.query("start-after")).unwrap_or_default();
    let mut folders = BTreeSet::new();
    let (mut text, mut count, mut next) = (String::new(), 0, None);
    let mut last = String::new();
    for (key, (bytes, generation)) in bucket.objects.iter().filter(|(key, _)| key.starts_with(&prefix)) {
        let folder = key[prefix.len()..].split_once('/').filter(|_| !delimiter.is_empty());
        // A page that ended with a folder goes on behind all of the folder's keys.
        let name = folder.map_or(key.clone(), |(folder, _)| format!("{prefix}{folder}/"));
        if name <= after || folders.contains(&name) {
            continue;
        }
        if count == PAGE {
            next = Some(last);
            break;
        }
        count += 1;
        if folder.is_some() {
            folders.insert(name.clone());
            text += &format!("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", escaped(&name));
        } else {
            text += &format!(
                "<Contents><Key>{}</Key><LastModified>2026-11-21T00:00:00Z</LastModified>\
                 <ETag>{}</ETag><Size>{}</Size></Contents>",
                escaped(key),
                escaped(&etag(bytes, *generation)),
                bytes.len()
            );
        }
        last = name;
    }
    let token = next.map(|next| format!("<NextContinuationToken>{}</NextContinuationToken>", escaped(&next)));
    Answer::new(200, format!("<ListBucketResult>{text}{}</ListBucketResult>", token.unwrap_or_default()))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
