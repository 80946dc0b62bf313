//! Date folders: a night looks into the folders of recent days, not into years.
//!
//! How to call it. Take a sample of keys and ask what they look like; if they lie in date folders, list from a day on:
//!
//! ```text
//! let sample = store.sample(1_000).await?;
//! let listed = match DateLayout::recognise(sample.iter().map(|object| object.key.as_str())) {
//!     Some(dates) => store.list_since(&dates, first_day).await?,
//!     None => store.list().await?,
//! };
//! ```
//!
//! Nothing but date folders that end before `first_day` is left out: objects above the dates, folders whose names are
//! no dates and folders of other accounts are listed as ever, so a wrong guess costs time, not data. Who compares the
//! listing with what was there before (a vanished object) asks [`DateLayout::is_before`] first: such a key was not
//! looked for.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// Deepest place of a date below a source: account, region, service and the like stand above it.
const DEEPEST: usize = 6;

/// Where the dates of a source's folders stand and how they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateLayout {
    depth: usize,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Form {
    /// `2026-11-20`, `20261120`, `dt=2026-11-20`.
    Day,
    /// `2026-11`, `202611`, `BILLING_PERIOD=2026-11`.
    Month,
    /// `2026/11`, `year=2026/month=11`, `y=2026/m=11`.
    YearMonth,
    /// `2026/11/20`, `year=2026/month=11/day=20`, `y=2026/m=11/d=20`.
    YearMonthDay,
}

/// What to do with a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// All of it is old.
    Skip,
    /// All of it is wanted.
    Whole,
    /// Some of what is inside is wanted.
    Inside,
}

impl DateLayout {
    /// The layout that all keys of a sample share; `None` when there is none, or no key.
    pub fn recognise<'a>(keys: impl IntoIterator<Item = &'a str>) -> Option<DateLayout> {
        let mut common: Option<DateLayout> = None;
        for key in keys {
            let folders = folders_of(key);
            let found = match common {
                None => (0..folders.len().min(DEEPEST + 1)).find_map(|depth| DateLayout::at(&folders, depth)),
                Some(known) => DateLayout::at(&folders, known.depth),
            }?;
            common = match (common.map(|known| known.form), found.form) {
                (None, _) => Some(found),
                (Some(known), form) if known == form => common,
                // A day's folder here and none there: months are what both have.
                (Some(Form::YearMonth | Form::YearMonthDay), Form::YearMonth | Form::YearMonthDay) => {
                    Some(DateLayout { form: Form::YearMonth, ..found })
                }
                _ => return None,
            };
        }
        common
    }

    fn at(folders: &[&str], depth: usize) -> Option<DateLayout> {
        let folder = |place: usize| folders.get(depth + place).copied().unwrap_or_default();
        let form = if day(folder(0)).is_some() {
            Form::Day
        } else if month_of_year(folder(0)).is_some() {
            Form::Month
        } else {
            let year = year(folder(0))?;
            let month = number(folder(1), &["month", "m"]).filter(|month| (1..=12).contains(month))?;
            let day = number(folder(2), &["day", "d"]).and_then(|day| NaiveDate::from_ymd_opt(year, month, day));
            if day.is_some() { Form::YearMonthDay } else { Form::YearMonth }
        };
        Some(DateLayout { depth, form })
    }

    /// Whether a key lies in a date folder that ends before a day, and is therefore not listed from that day on.
    pub fn is_before(&self, key: &str, first: NaiveDate) -> bool {
        let folders = folders_of(key);
        (1..=folders.len())
            .any(|length| folders.get(..length).is_some_and(|folders| matches!(self.take(folders, first), Take::Skip)))
    }

    /// What to do with a folder, given by its names from the source's top, when days from `first` on are wanted.
    pub(super) fn take(&self, folders: &[&str], first: NaiveDate) -> Take {
        let Some(dates) = folders.get(self.depth..).filter(|dates| !dates.is_empty()) else { return Take::Inside };
        let date = |place: usize| dates.get(place).copied();
        // First and last day of what the folder holds; a name that is no date is taken whole.
        let span = match self.form {
            Form::Day => date(0).and_then(day).map(|day| (day, day)),
            Form::Month => date(0).and_then(month_of_year).and_then(|(year, month)| month_span(year, month)),
            Form::YearMonth | Form::YearMonthDay => (|| {
                let year = year(date(0)?)?;
                let Some(month) = date(1) else {
                    return Some((NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?));
                };
                let month = number(month, &["month", "m"])?;
                match date(2).filter(|_| self.form == Form::YearMonthDay) {
                    None => month_span(year, month),
                    Some(day) => {
                        NaiveDate::from_ymd_opt(year, month, number(day, &["day", "d"])?).map(|day| (day, day))
                    }
                }
            })(),
        };
        let deepest = match self.form {
            Form::Day | Form::Month => 1,
            Form::YearMonth => 2,
            Form::YearMonthDay => 3,
        };
        match span {
            Some((_, last)) if last < first => Take::Skip,
            Some((begin, _)) if begin < first && dates.len() < deepest => Take::Inside,
            _ => Take::Whole,
        }
    }
}

fn folders_of(key: &str) -> Vec<&str> {
    let mut folders: Vec<&str> = key.split('/').collect();
    folders.pop();
    folders
}

fn month_span(year: i32, month: u32) -> Option<(NaiveDate, NaiveDate)> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    let next =
        if month == 12 { NaiveDate::from_ymd_opt(year + 1, 1, 1) } else { NaiveDate::from_ymd_opt(year, month + 1, 1) };
    Some((first, next?.pred_opt()?))
}

/// The value of `name=value`, or the folder's whole name.
fn value(folder: &str) -> &str {
    folder.split_once('=').map_or(folder, |(_, value)| value)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number under one of the names, or bare with two digits; one digit is enough after a name.
fn number(folder: &str, names: &[&str]) -> Option<u32> {
    let text = match folder.split_once('=') {
        Some((name, text)) => names.contains(&name.to_lowercase().as_str()).then_some(text)?,
        None => Some(folder).filter(|text| text.len() == 2)?,
    };
    (is_digits(text) && text.len() <= 2).then(|| text.parse().ok())?
}

fn year(folder: &str) -> Option<i32> {
    let text = match folder.split_once('=') {
        Some((name, text)) => ["year", "y"].contains(&name.to_lowercase().as_str()).then_some(text)?,
        None => folder,
    };
    year_of(text)
}

fn year_of(text: &str) -> Option<i32> {
    let year = (text.len() == 4 && is_digits(text)).then(|| text.parse().ok())?;
    year.filter(|year| (2000..2200).contains(year))
}

fn day(folder: &str) -> Option<NaiveDate> {
    let text = value(folder);
    let day = match text.len() {
        10 => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
        8 if is_digits(text) => NaiveDate::parse_from_str(text, "%Y%m%d").ok(),
        _ => None,
    };
    day.filter(|day| (2000..2200).contains(&day.year()))
}

fn month_of_year(folder: &str) -> Option<(i32, u32)> {
    let text = value(folder);
    let (year, month) = match text.len() {
        7 => text.split_once('-')?,
        6 if is_digits(text) => text.split_at_checked(4)?,
        _ => return None,
    };
    let month = (is_digits(month) && month.len() == 2).then(|| month.parse().ok())?;
    Some((year_of(year)?, month.filter(|month| (1..=12).contains(month))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn layout(depth: usize, form: Form) -> Option<DateLayout> {
        Some(DateLayout { depth, form })
    }

    #[test]
    fn date_folders_are_recognised_wherever_they_stand() {
        let cases = [
            ("2026/11/20/a.json", layout(0, Form::YearMonthDay)),
            ("2026/11/20/07/a.json", layout(0, Form::YearMonthDay)),
            ("2026-11-20/a.json", layout(0, Form::Day)),
            ("20261120/a.json", layout(0, Form::Day)),
            ("event_date=2026-11-20/a.json", layout(0, Form::Day)),
            ("year=2026/month=11/day=2/a.json", layout(0, Form::YearMonthDay)),
            ("y=2026/m=11/d=20/h=03/a.json", layout(0, Form::YearMonthDay)),
            ("BILLING_PERIOD=2026-11/a.parquet", layout(0, Form::Month)),
            ("exports/2026-11/a.csv", layout(1, Form::Month)),
            ("year=2026/month=1/a.csv", layout(0, Form::YearMonth)),
            ("AWSLogs/123456789012/Model/us-east-1/2026/11/20/05/a.json.gz", layout(4, Form::YearMonthDay)),
            ("a.json", None),
            ("apps/a.json", None),
            ("2026-11-20.json", None),
            ("2026/13/01/a.json", None),
            ("1234/11/20/a.json", None),
            ("year=2026/week=11/a.json", None),
            ("20269999/a.json", None),
        ];
        for (key, expected) in cases {
            assert_eq!(DateLayout::recognise([key]), expected, "{key}");
        }
    }

    #[test]
    fn a_sample_must_agree() {
        let days = ["eu/2026/11/20/a", "us/2025/01/02/b"];
        assert_eq!(DateLayout::recognise(days), layout(1, Form::YearMonthDay));
        assert_eq!(DateLayout::recognise(["eu/2026/11/20/a", "eu/2026/11/readme"]), layout(1, Form::YearMonth));
        assert_eq!(DateLayout::recognise(["2026/11/20/a", "eu/2026/11/20/a"]), None);
        assert_eq!(DateLayout::recognise(["2026/11/20/a", "readme"]), None);
        assert_eq!(DateLayout::recognise(["2026-11-20/a", "2026/11/20/a"]), None);
        assert_eq!(DateLayout::recognise([]), None);
    }

    #[test]
    fn only_folders_that_end_before_the_first_day_are_skipped() {
        let dates = DateLayout::recognise(["eu/2026/11/20/a"]).unwrap();
        let take = |folder: &str| dates.take(&folder.split('/').collect::<Vec<_>>(), date("2026-11-05"));
        for (folder, expected) in [
            ("eu", Take::Inside),
            ("eu/2025", Take::Skip),
            ("eu/2026", Take::Inside),
            ("eu/2027", Take::Whole),
            ("eu/2026/10", Take::Skip),
            ("eu/2026/11", Take::Inside),
            ("eu/2026/12", Take::Whole),
            ("eu/2026/11/04", Take::Skip),
            ("eu/2026/11/05", Take::Whole),
            ("eu/2026/11/31", Take::Whole),
            ("eu/reports", Take::Whole),
            ("eu/2026/all", Take::Whole),
            ("eu/2026/11/late", Take::Whole),
        ] {
            assert_eq!(take(folder), expected, "{folder}");
        }
        assert!(dates.is_before("eu/2026/11/04/07/a.json", date("2026-11-05")));
        assert!(!dates.is_before("eu/2026/11/05/07/a.json", date("2026-11-05")));
        assert!(!dates.is_before("eu/a.json", date("2026-11-05")));
        assert!(!dates.is_before("a.json", date("2026-11-05")));
    }

    #[test]
    fn a_months_folder_is_old_when_its_last_day_is() {
        let dates = DateLayout::recognise(["BILLING_PERIOD=2026-02/a"]).unwrap();
        for (first, expected) in [("2026-02-28", Take::Whole), ("2026-03-01", Take::Skip)] {
            assert_eq!(dates.take(&["BILLING_PERIOD=2026-02"], date(first)), expected, "{first}");
        }
    }
}
