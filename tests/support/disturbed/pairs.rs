//! Two schedulers that start a night at once: one run works, the other says who does.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

use super::{Company, Objects};
use crate::shelves::Shelf;

/// Far longer than a machine under load may be silent.
const STALE_SECONDS: u64 = 120;

/// What the pairs came to.
#[derive(Debug, Default)]
pub struct Figures {
    /// Pairs of which one run worked and one was refused.
    pub pairs: usize,
    /// Pairs of which one had ended before the other asked: there was nothing to exclude, and they count for nothing.
    pub apart: usize,
    /// What broke the rules.
    pub violations: Vec<String>,
}

/// Starts so many pairs.
pub fn pairs(shelf: &Shelf, count: usize, say: &dyn Fn(&str)) -> Figures {
    let company = Company::new(shelf);
    let date = company.deliver(0);
    let (code, err) = company.start("calm", date, STALE_SECONDS, None).ended();
    assert_eq!(code, 0, "an undisturbed night: {err}");
    let wanted = published(&company.objects("calm"));
    let mut figures = Figures::default();
    // On a machine under load a pair may miss each other; too many of them prove nothing.
    while figures.pairs < count && figures.apart <= count {
        let folder = format!("two-{}", figures.pairs + figures.apart);
        let what = format!("pair {}", figures.pairs + figures.apart);
        let started = [0, 1].map(|_| company.start(&folder, date, STALE_SECONDS, None));
        let both = started.map(super::Run::ended);
        let found = company.objects(&folder);
        if published(&found) != wanted {
            figures.violations.push(format!("{what}: another publication"));
        }
        let mut codes = both.clone().map(|(code, _)| code);
        codes.sort_unstable();
        match codes {
            [0, 75] => {
                figures.pairs += 1;
                let said = both.iter().find(|(code, _)| *code == 75).map(|(_, err)| err.as_str()).unwrap_or_default();
                let parts = ["another run holds the lock", folder.as_str(), "hint: wait until it has ended"];
                let lacking = parts.iter().filter(|part| !said.contains(*part));
                figures.violations.extend(lacking.map(|part| format!("{what}: lacks `{part}`: {said}")));
            }
            [0, 0] if are_apart(&found) => figures.apart += 1,
            _ => {
                figures.pairs += 1;
                figures.violations.push(format!("{what}: {both:?}"));
            }
        }
        company.clear(&folder);
        say(&format!("{} pairs, {} apart, {} violations", figures.pairs, figures.apart, figures.violations.len()));
    }
    if figures.apart > count {
        figures.violations.push(format!("{} pairs never met", figures.apart));
    }
    figures
}

fn published(objects: &Objects) -> BTreeMap<String, Bytes> {
    let published = objects.iter().filter(|(key, _)| key.starts_with("out/"));
    published.map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
}

/// Whether of the two runs in a folder one got the lock after the other had ended.
fn are_apart(objects: &Objects) -> bool {
    let records = objects.iter().filter(|(key, _)| key.starts_with("state/runs/"));
    let mut times: Vec<(String, String)> = records
        .map(|(_, bytes)| {
            let record: Value = serde_json::from_slice(bytes).unwrap_or_default();
            let text = |key: &str| record[key].as_str().unwrap_or_default().to_string();
            (text("locked"), text("ended"))
        })
        .collect();
    times.sort();
    times.len() == 2 && times[0].1 <= times[1].0
}
