//! Numbers as they are written: exact decimals, whole numbers and doubles from their text.
//!
//! Nothing here goes through a float on the way to a decimal or an integer.

/// Why a text is no number of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberProblem {
    NotANumber,
    Fraction,
    OutOfRange,
}

/// An exact decimal, as a count of units of its scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scaled {
    pub(super) units: i128,
    /// True when digits other than zero were rounded away.
    pub(super) is_rounded: bool,
}

/// The whole number that `text` states: `12`, `12.0` and `1e3` are whole, `12.5` is not.
pub(super) fn parse_whole(text: &str) -> Result<i64, NumberProblem> {
    if let Ok(plain) = text.parse() {
        return Ok(plain);
    }
    let scaled = parse_scaled(text, 38, 0)?;
    if scaled.is_rounded {
        return Err(NumberProblem::Fraction);
    }
    i64::try_from(scaled.units).map_err(|_| NumberProblem::OutOfRange)
}

/// The double nearest to what `text` states; infinity and NaN are not numbers here.
pub(super) fn parse_double(text: &str) -> Result<f64, NumberProblem> {
    let text = text.trim_ascii();
    Written::parse(text).ok_or(NumberProblem::NotANumber)?;
    let double: f64 = text.parse().map_err(|_| NumberProblem::NotANumber)?;
    if double.is_finite() { Ok(double) } else { Err(NumberProblem::OutOfRange) }
}

/// The decimal that `text` states, at most `precision` digits long, digits beyond `scale` rounded half away from zero.
pub(super) fn parse_scaled(text: &str, precision: u8, scale: i8) -> Result<Scaled, NumberProblem> {
    let written = Written::parse(text.trim_ascii()).ok_or(NumberProblem::NotANumber)?;
    let count = length(written.digits().count());
    if count == 0 {
        return Ok(Scaled { units: 0, is_rounded: false });
    }
    let shift = written.exponent.saturating_sub(length(written.fraction.len())).saturating_add(i64::from(scale));
    // How many of the digits stand before the last unit; below zero when the value is far less than a unit.
    let kept = count.saturating_add(shift);
    let mut units = written.leading_units(kept).ok_or(NumberProblem::OutOfRange)?;
    for _ in count..kept {
        units = units.checked_mul(10).ok_or(NumberProblem::OutOfRange)?;
    }
    let mut is_rounded = false;
    for (place, digit) in (0_i64..).zip(written.digits()) {
        if place == kept && digit >= 5 {
            units += 1;
        }
        is_rounded |= place >= kept && digit != 0;
    }
    let end = 10_i128.checked_pow(u32::from(precision)).ok_or(NumberProblem::OutOfRange)?;
    if units >= end {
        return Err(NumberProblem::OutOfRange);
    }
    let units = if written.is_negative { -units } else { units };
    Ok(Scaled { units, is_rounded })
}

/// A number taken apart: sign, digits, power of ten.
struct Written<'a> {
    is_negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> Written<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (is_negative, rest) = split_sign(text.as_bytes());
        let (whole, rest) = split_digits(rest);
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => split_digits(rest),
            _ => (&rest[..0], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', rest @ ..] => parse_exponent(rest)?,
            _ => return None,
        };
        Some(Self { is_negative, whole, fraction, exponent })
    }

    /// The digits from the first that is not zero.
    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole.iter().chain(self.fraction).map(|byte| byte - b'0').skip_while(|digit| *digit == 0)
    }

    /// The first `kept` digits as a number; `None` when it is longer than any decimal.
    fn leading_units(&self, kept: i64) -> Option<i128> {
        let kept = usize::try_from(kept).unwrap_or(0);
        if kept > 39 {
            return None;
        }
        let mut units: i128 = 0;
        for digit in self.digits().take(kept) {
            units = units.checked_mul(10)?.checked_add(i128::from(digit))?;
        }
        // One below the top, so that rounding up cannot overflow.
        (units < i128::MAX).then_some(units)
    }
}

fn split_sign(bytes: &[u8]) -> (bool, &[u8]) {
    match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, bytes),
    }
}

fn split_digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    bytes.split_at(end)
}

fn parse_exponent(bytes: &[u8]) -> Option<i64> {
    let (is_negative, rest) = split_sign(bytes);
    let (digits, rest) = split_digits(rest);
    if digits.is_empty() || !rest.is_empty() {
        return None;
    }
    let size = digits.iter().fold(0_i64, |size, byte| size.saturating_mul(10).saturating_add(i64::from(byte - b'0')));
    Some(if is_negative { -size } else { size })
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(text: &str, precision: u8, scale: i8) -> Result<(i128, bool), NumberProblem> {
        parse_scaled(text, precision, scale).map(|scaled| (scaled.units, scaled.is_rounded))
    }

    #[test]
    fn whole_numbers_may_be_written_in_many_ways() {
        for (text, value) in [
            ("12", 12),
            ("-12", -12),
            ("+7", 7),
            ("12.0", 12),
            ("1e3", 1000),
            ("1.20e1", 12),
            ("12000e-3", 12),
            (" 5 ", 5),
            ("0e999999999999999999999", 0),
            ("-0", 0),
            ("9223372036854775807", i64::MAX),
            ("9223372036854775807.000", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(parse_whole(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_not_whole_says_why() {
        for text in ["12.5", "1e-3", "0.1", "1e-99999999999999999999", "9223372036854775807.5"] {
            assert_eq!(parse_whole(text), Err(NumberProblem::Fraction), "{text}");
        }
        for text in ["9223372036854775808", "1e30", "1e999999999999", "-9223372036854775809", "-1e19"] {
            assert_eq!(parse_whole(text), Err(NumberProblem::OutOfRange), "{text}");
        }
        for text in ["", " ", "abc", "1_000", "1,5", "0x10", "1e", "e5", ".", "-", "1.2.3", "12 3", "NaN", "٣"] {
            assert_eq!(parse_whole(text), Err(NumberProblem::NotANumber), "{text}");
        }
    }

    #[test]
    fn decimals_are_exact_and_round_half_away_from_zero() {
        for (text, precision, scale, expected) in [
            ("1.5", 18, 6, Ok((1_500_000, false))),
            ("1.500000000000", 18, 6, Ok((1_500_000, false))),
            ("0.0000005", 18, 6, Ok((1, true))),
            ("-0.0000005", 18, 6, Ok((-1, true))),
            ("0.00000049999", 18, 6, Ok((0, true))),
            ("1e-07", 38, 12, Ok((100_000, false))),
            ("2.5e-13", 38, 12, Ok((0, true))),
            ("5E-13", 38, 12, Ok((1, true))),
            ("1e-99999999999999999999", 38, 12, Ok((0, true))),
            ("0.1", 38, 18, Ok((100_000_000_000_000_000, false))),
            ("12345", 5, 0, Ok((12345, false))),
            ("1250", 5, -2, Ok((13, true))),
            ("1e2", 5, -2, Ok((1, false))),
            ("99.94", 3, 1, Ok((999, true))),
            ("99.95", 3, 1, Err(NumberProblem::OutOfRange)),
            ("123456", 5, 0, Err(NumberProblem::OutOfRange)),
            ("1e38", 38, 0, Err(NumberProblem::OutOfRange)),
            ("1e9999999999999999999", 38, 0, Err(NumberProblem::OutOfRange)),
            ("170141183460469231731687303715884105727.9", 38, 0, Err(NumberProblem::OutOfRange)),
            ("$5", 18, 6, Err(NumberProblem::NotANumber)),
        ] {
            assert_eq!(scaled(text, precision, scale), expected, "{text}");
        }
        let longest = "9".repeat(38);
        assert_eq!(scaled(&longest, 38, 0), Ok((10_i128.pow(38) - 1, false)));
        assert_eq!(scaled(&format!("{longest}.5"), 38, 0), Err(NumberProblem::OutOfRange));
    }

    #[test]
    fn doubles_are_finite() {
        assert_eq!(parse_double("0.1"), Ok(0.1));
        assert_eq!(parse_double(" -1e-7 "), Ok(-1e-7));
        assert_eq!(parse_double("1e999"), Err(NumberProblem::OutOfRange));
        for text in ["NaN", "inf", "-Infinity", "", "0x1p3", "1f"] {
            assert_eq!(parse_double(text), Err(NumberProblem::NotANumber), "{text}");
        }
    }
}
