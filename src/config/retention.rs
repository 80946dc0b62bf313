//! `[retention]` and `[listing]`: how long the state keeps what it read, and how far back a night looks for objects.

use chrono::{Datelike, Duration, Months, NaiveDate};
use serde::Deserialize;

use super::Windows;
use crate::error::{Error, Result};

/// How long the state keeps its rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Days before the run date of which requests are kept row by row.
    pub requests_days: i64,
    /// Whole months before the run date's month of which bills and daily relations are kept.
    pub daily_months: u32,
    /// Whole months before the run date's month of which evaluations are kept.
    pub evaluations_months: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { requests_days: 62, daily_months: 13, evaluations_months: 37 }
    }
}

impl Retention {
    /// The first day of the month so many months before a day's own.
    pub fn first_of_months(&self, day: NaiveDate, months: u32) -> Option<NaiveDate> {
        day.with_day(1)?.checked_sub_months(Months::new(months))
    }

    pub(super) fn check(&self, windows: &Windows) -> Result<()> {
        let longest = windows.report_days.max(2 * windows.decision_days);
        let wrong = |key: &str, days: i64, needed: i64| {
            Error::usage(format!("[retention] {key} keeps {days} days, but the marts look back {needed}"))
                .hint("raise it, or lower report_days and decision_days under [windows]")
        };
        // What compares longer windows reads daily relations only.
        if !(windows.report_days..=36_500).contains(&self.requests_days) {
            return Err(wrong("requests_days", self.requests_days, windows.report_days));
        }
        // One month is enough for the FOCUS files, which hold the open and the previous billing month.
        for (key, months) in [("daily_months", self.daily_months), ("evaluations_months", self.evaluations_months)] {
            let days = if (1..=1_200).contains(&months) { self.fewest_days(months) } else { 0 };
            if days < longest {
                return Err(wrong(key, days, longest));
            }
            if days < self.requests_days {
                return Err(Error::usage(format!("[retention] {key} keeps {days} days, requests_days more"))
                    .hint("what is built from requests is kept at least as long as they are: raise the months"));
            }
        }
        Ok(())
    }

    /// Days that so many months have at least.
    fn fewest_days(&self, months: u32) -> i64 {
        let firsts = (0..48).filter_map(|place| NaiveDate::from_ymd_opt(2097 + place / 12, 1 + place as u32 % 12, 1));
        let lengths = firsts.filter_map(|first| Some(first - self.first_of_months(first, months)?));
        lengths.min().unwrap_or(Duration::zero()).num_days()
    }
}

/// How far back a night looks for objects.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listing {
    /// Days before the latest event day that was read, whose date folders are listed once more for objects that came late.
    pub lookback_days: i64,
}

impl Default for Listing {
    fn default() -> Self {
        Self { lookback_days: 7 }
    }
}

impl Listing {
    pub(super) fn check(&self, retention: &Retention) -> Result<()> {
        if (1..=retention.requests_days).contains(&self.lookback_days) {
            return Ok(());
        }
        Err(Error::usage(format!("[listing] lookback_days cannot be {}", self.lookback_days)).hint(format!(
            "at least 1, as folders may be named by another time zone than UTC; at most requests_days, {}, as rows of \
             earlier days would come too late; the default is 7",
            retention.requests_days
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_whole_and_counted_before_the_days_own() {
        let first = |day: &str, months| Retention::default().first_of_months(day.parse().unwrap(), months).unwrap();
        assert_eq!(first("2026-11-22", 13), "2025-10-01".parse::<NaiveDate>().unwrap());
        assert_eq!(first("2026-03-31", 1), "2026-02-01".parse::<NaiveDate>().unwrap());
        let fewest = |months| Retention::default().fewest_days(months);
        assert_eq!([1, 2, 3, 12, 13].map(fewest), [28, 59, 89, 365, 393]);
    }

    #[test]
    fn what_the_marts_look_back_to_is_kept() {
        let windows = Windows::default();
        let keeps = |requests_days, daily_months| {
            Retention { requests_days, daily_months, ..Retention::default() }.check(&windows).map_err(|e| e.to_string())
        };
        assert_eq!(keeps(62, 13), Ok(()));
        assert_eq!(keeps(62, 3), Ok(()));
        let error = keeps(61, 13).unwrap_err();
        assert!(error.contains("requests_days keeps 61 days, but the marts look back 62"), "{error}");
        assert!(keeps(90, 3).unwrap_err().contains("daily_months keeps 89 days, requests_days more"));
        assert!(
            keeps(62, 2).unwrap_err().contains("daily_months keeps 59 days"),
            "two months may be February and January"
        );
        assert!(keeps(62, 0).is_err() && keeps(-1, 13).is_err() && keeps(40_000, 13).is_err());
        let short = Windows { decision_days: 7, report_days: 14 };
        assert!(Retention { requests_days: 14, daily_months: 1, evaluations_months: 1 }.check(&short).is_ok());
        assert!(Retention { requests_days: 13, daily_months: 1, evaluations_months: 1 }.check(&short).is_err());
    }
}
