//! Days and instants from their text: RFC 3339 and its usual looser forms, always to UTC.

use arrow::datatypes::TimeUnit;
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat};

/// Days from 0001-01-01 (day 1) to 1970-01-01.
const EPOCH_FROM_CE: i32 = 719_163;
const SECONDS_A_DAY: i64 = 86_400;

/// A point in time: seconds since 1970-01-01 00:00 UTC, and the nanoseconds after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instant {
    pub(super) seconds: i64,
    pub(super) nanos: u32,
}

impl Instant {
    /// Midnight at the start of a day that is counted from 1970-01-01.
    pub(super) fn at_midnight(day: i32) -> Self {
        Self { seconds: i64::from(day) * SECONDS_A_DAY, nanos: 0 }
    }

    /// The instant that is `count` units after 1970-01-01.
    pub(super) fn from_unit(count: i64, unit: TimeUnit) -> Self {
        let per_second = units_per_second(unit);
        let rest = count.rem_euclid(per_second) * (1_000_000_000 / per_second);
        Self { seconds: count.div_euclid(per_second), nanos: u32::try_from(rest).unwrap_or(0) }
    }

    /// Units since 1970-01-01, what is finer than the unit cut off; `None` when it does not fit.
    pub(super) fn to_unit(self, unit: TimeUnit) -> Option<i64> {
        let per_second = units_per_second(unit);
        let rest = i64::from(self.nanos) / (1_000_000_000 / per_second);
        // Before 1970 seconds and rest have different signs, and only their sum may fit: go through i128.
        let units = i128::from(self.seconds) * i128::from(per_second) + i128::from(rest);
        i64::try_from(units).ok()
    }

    /// The UTC day that holds the instant, counted from 1970-01-01.
    pub(super) fn day(self) -> Option<i32> {
        i32::try_from(self.seconds.div_euclid(SECONDS_A_DAY)).ok()
    }

    /// RFC 3339 with `Z`, with as many digits as it needs (none, 3, 6 or 9).
    pub(super) fn text(self) -> Option<String> {
        let time = DateTime::from_timestamp(self.seconds, self.nanos)?;
        Some(time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

fn units_per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// A day that is counted from 1970-01-01 as `YYYY-MM-DD`.
pub(super) fn day_text(day: i32) -> Option<String> {
    let date = NaiveDate::from_num_days_from_ce_opt(day.checked_add(EPOCH_FROM_CE)?)?;
    Some(date.to_string())
}

/// The day of a text `YYYY-MM-DD`, counted from 1970-01-01.
pub(super) fn parse_day(text: &str) -> Option<i32> {
    let (day, rest) = split_day(text.trim_ascii().as_bytes())?;
    rest.is_empty().then_some(day)
}

/// The instant of a text: a day, or day and time with `T` or a space between, fraction and zone optional.
/// Without a zone it is taken as UTC; digits after the ninth of a fraction are cut off.
pub(super) fn parse_instant(text: &str) -> Option<Instant> {
    let (day, rest) = split_day(text.trim_ascii().as_bytes())?;
    let midnight = Instant::at_midnight(day);
    let rest = match rest {
        [] => return Some(midnight),
        [b'T' | b't' | b' ', rest @ ..] => rest,
        _ => return None,
    };
    let (hour, rest) = split_number(rest, 2)?;
    let (minute, rest) = split_number(skip(rest, b':')?, 2)?;
    let (second, rest) = split_number(skip(rest, b':')?, 2)?;
    // A leap second counts as the first second of the next minute, as Unix time has it.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (nanos, rest) = match rest {
        [b'.' | b',', rest @ ..] => split_fraction(rest)?,
        _ => (0, rest),
    };
    let offset = parse_zone(rest.trim_ascii_start())?;
    let seconds = midnight.seconds + i64::from(hour * 3600 + minute * 60 + second) - offset;
    Some(Instant { seconds, nanos })
}

fn split_day(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (year, rest) = split_number(bytes, 4)?;
    let (month, rest) = split_number(skip(rest, b'-')?, 2)?;
    let (day, rest) = split_number(skip(rest, b'-')?, 2)?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some((date.num_days_from_ce() - EPOCH_FROM_CE, rest))
}

/// Seconds east of UTC: nothing, `Z`, `UTC`, `+01:00`, `+0100` or `+01`.
fn parse_zone(bytes: &[u8]) -> Option<i64> {
    let (sign, rest) = match bytes {
        [] | b"Z" | b"z" | b"UTC" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = split_number(rest, 2)?;
    let (minutes, rest) = match rest {
        [] => (0, rest),
        [b':', rest @ ..] => split_number(rest, 2)?,
        _ => split_number(rest, 2)?,
    };
    if hours > 23 || minutes > 59 || !rest.is_empty() {
        return None;
    }
    Some(sign * i64::from(hours * 3600 + minutes * 60))
}

/// Nanoseconds of the digits after the decimal point.
fn split_fraction(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    let (digits, rest) = bytes.split_at(end);
    if digits.is_empty() {
        return None;
    }
    let nanos =
        digits.iter().chain(std::iter::repeat(&b'0')).take(9).fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0'));
    Some((nanos, rest))
}

fn split_number(bytes: &[u8], width: usize) -> Option<(u32, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(width)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((digits.iter().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0')), rest))
}

fn skip(bytes: &[u8], expected: u8) -> Option<&[u8]> {
    match bytes {
        [first, rest @ ..] if *first == expected => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-02-29 12:34:56 UTC.
    const NOON: i64 = 1_709_210_096;

    #[test]
    fn instants_are_read_in_every_usual_form() {
        for (text, seconds, nanos) in [
            ("2024-02-29T12:34:56Z", NOON, 0),
            ("2024-02-29t12:34:56z", NOON, 0),
            ("2024-02-29 12:34:56", NOON, 0),
            (" 2024-02-29 12:34:56 UTC ", NOON, 0),
            ("2024-02-29T14:04:56+01:30", NOON, 0),
            ("2024-02-29T11:04:56-0130", NOON, 0),
            ("2024-02-29 13:34:56.5+01", NOON, 500_000_000),
            ("2024-02-29T12:34:56.9799600", NOON, 979_960_000),
            ("2024-02-29T12:34:56,123Z", NOON, 123_000_000),
            ("2024-02-29T12:34:56.1234567899999Z", NOON, 123_456_789),
            ("2024-02-29", NOON - NOON.rem_euclid(86_400), 0),
            ("1970-01-01T00:00:00Z", 0, 0),
            ("1969-12-31T23:59:59.25Z", -1, 250_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800, 0),
            ("2024-03-01T00:30:00+01:00", 1_709_249_400, 0),
        ] {
            assert_eq!(parse_instant(text), Some(Instant { seconds, nanos }), "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "now",
            "1709210096",
            "2024-02-30",
            "2023-02-29T00:00:00Z",
            "24-02-29",
            "2024-2-9",
            "5/1/25",
            "2024-02-29T24:00:00Z",
            "2024-02-29T12:60:00Z",
            "2024-02-29T12:34:61Z",
            "2024-02-29T12:34",
            "2024-02-29T12:34:56.Z",
            "2024-02-29T12:34:56+1",
            "2024-02-29T12:34:56+24:00",
            "2024-02-29T12:34:56 CET",
            "2024-02-29x12:34:56",
            "2024-02-29T12:34:56Zjunk",
            "２０２４-02-29",
        ] {
            assert_eq!(parse_instant(text), None, "{text}");
        }
    }

    #[test]
    fn units_cut_off_what_is_finer_and_know_their_range() {
        let instant = Instant { seconds: -1, nanos: 999_999_999 };
        assert_eq!(instant.to_unit(TimeUnit::Second), Some(-1));
        assert_eq!(instant.to_unit(TimeUnit::Millisecond), Some(-1));
        assert_eq!(instant.to_unit(TimeUnit::Nanosecond), Some(-1));
        assert_eq!(Instant::from_unit(-1, TimeUnit::Nanosecond), instant);
        assert_eq!(Instant::from_unit(i64::MIN, TimeUnit::Nanosecond).to_unit(TimeUnit::Nanosecond), Some(i64::MIN));
        let far = parse_instant("9999-12-31T23:59:59Z").unwrap();
        assert_eq!(far.to_unit(TimeUnit::Nanosecond), None);
        assert_eq!(far.to_unit(TimeUnit::Microsecond), Some(253_402_300_799_000_000));
        assert_eq!(instant.day(), Some(-1));
        assert_eq!(instant.text(), Some("1969-12-31T23:59:59.999999999Z".into()));
        assert_eq!(Instant { seconds: i64::MAX, nanos: 0 }.text(), None);
    }

    #[test]
    fn a_day_has_no_time() {
        assert_eq!(parse_day("1970-01-02"), Some(1));
        assert_eq!(parse_day("0000-01-01"), Some(-719_528));
        assert_eq!(day_text(1), Some("1970-01-02".into()));
        assert_eq!(day_text(i32::MAX), None);
        for text in ["1970-01-02T00:00:00Z", "1970-13-01", "19700102", ""] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }
}
