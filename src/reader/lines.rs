//! The lines of an inflated text, one at a time, in memory that the longest allowed line bounds.

use std::io::BufRead;

use super::inflate::{Inflate, PIECE};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One physical line, counted from 1.
#[derive(Debug, PartialEq)]
pub(super) enum Line<'w> {
    Text {
        number: i64,
        /// Without the line feed.
        bytes: &'w [u8],
        ending: Ending,
    },
    TooLong {
        number: i64,
        length: u64,
    },
}

/// What stands behind a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    LineFeed,
    EndOfText,
    /// The stream broke off here.
    Damage,
}

/// Splits a text into lines.
pub(super) struct Lines<'a> {
    source: Inflate<'a>,
    /// Room for at least a piece of text; it is filled again and again, and so stays in the cache.
    window: Vec<u8>,
    /// Up to where the window holds text.
    end: usize,
    /// Where in the window the next line starts.
    start: usize,
    /// Up to where no line feed was found.
    scanned: usize,
    number: i64,
    max_line_bytes: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: Inflate<'a>, max_line_bytes: usize) -> Self {
        Self { source, window: Vec::new(), end: 0, start: 0, scanned: 0, number: 0, max_line_bytes }
    }

    /// The source, to ask for its size and its fault.
    pub(super) fn source(&self) -> &Inflate<'a> {
        &self.source
    }

    pub(super) fn next(&mut self) -> Option<Line<'_>> {
        loop {
            if let Some(end) = self.find_line_feed() {
                let start = std::mem::replace(&mut self.start, end + 1);
                self.scanned = self.start;
                return Some(self.line(start, end, Ending::LineFeed));
            }
            // One more than the limit: a carriage return at the end does not count.
            if self.end - self.start > self.max_line_bytes.saturating_add(1) {
                return Some(self.skip_line());
            }
            if self.fill() == 0 {
                return self.last_line();
            }
        }
    }

    /// Moves what is left to the front of the window and adds the next piece; 0 at the end of the source.
    fn fill(&mut self) -> usize {
        self.window.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        self.scanned = self.end;
        if self.window.len() - self.end < PIECE {
            // A line that goes on and on is not copied for each piece.
            self.window.resize((self.end * 2).max(self.end + 2 * PIECE), 0);
        }
        let length = self.source.fill(&mut self.window[self.end..]);
        self.end += length;
        length
    }

    /// The library's own search over a reader is the fastest that is safe to call.
    fn find_line_feed(&self) -> Option<usize> {
        let text = &self.window[self.scanned..self.end];
        // Reading from memory does not fail.
        let passed = (&mut &*text).skip_until(b'\n').unwrap_or(0);
        let last = passed.checked_sub(1)?;
        (text[last] == b'\n').then_some(self.scanned + last)
    }

    fn last_line(&mut self) -> Option<Line<'_>> {
        let end = self.end;
        let start = std::mem::replace(&mut self.start, end);
        self.scanned = end;
        if start == end {
            return None;
        }
        let ending = if self.source.fault().is_some() { Ending::Damage } else { Ending::EndOfText };
        Some(self.line(start, end, ending))
    }

    fn line(&mut self, start: usize, end: usize, ending: Ending) -> Line<'_> {
        self.number += 1;
        let number = self.number;
        let mut bytes = &self.window[start..end];
        if number == 1 {
            bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        }
        let length = bytes.strip_suffix(b"\r").unwrap_or(bytes).len();
        if length > self.max_line_bytes {
            return Line::TooLong { number, length: length as u64 };
        }
        Line::Text { number, bytes, ending }
    }

    /// Reads on to the end of a line that is too long, and keeps nothing of it.
    fn skip_line(&mut self) -> Line<'static> {
        self.number += 1;
        let mut length = 0;
        loop {
            let end = self.find_line_feed();
            length += (end.unwrap_or(self.end) - self.start) as u64;
            if let Some(end) = end {
                self.start = end + 1;
                self.scanned = self.start;
                break;
            }
            self.start = self.end;
            if self.fill() == 0 {
                break;
            }
        }
        Line::TooLong { number: self.number, length }
    }
}

/// The whole text without its byte order mark, if it is not longer than a line may be; with the source at its end.
pub(super) fn read_whole<'a>(mut source: Inflate<'a>, max_line_bytes: usize) -> Option<(Vec<u8>, Inflate<'a>)> {
    let mut text = Vec::new();
    while source.fill_end(&mut text) > 0 {
        if text.len() > max_line_bytes.saturating_add(BYTE_ORDER_MARK.len()) {
            return None;
        }
    }
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len());
    }
    (text.len() <= max_line_bytes).then_some((text, source))
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::super::inflate::tests::gzip;
    use super::*;

    fn split(bytes: &[u8], max_line_bytes: usize) -> Vec<String> {
        let mut lines = Lines::new(Inflate::open(bytes, &Limits::default()), max_line_bytes);
        let mut found = Vec::new();
        while let Some(line) = lines.next() {
            found.push(match line {
                Line::Text { number, bytes, ending } => {
                    format!("{number} {} {ending:?}", String::from_utf8_lossy(bytes))
                }
                Line::TooLong { number, length } => format!("{number} {length} bytes"),
            });
        }
        assert!(lines.next().is_none());
        found
    }

    #[test]
    fn lines_are_counted_and_the_last_needs_no_feed() {
        assert_eq!(split(b"a\n\nb", 10), ["1 a LineFeed", "2  LineFeed", "3 b EndOfText"]);
        assert_eq!(split(b"a\n", 10), ["1 a LineFeed"]);
        assert_eq!(split(b"", 10), Vec::<String>::new());
        assert_eq!(split(b"\xef\xbb\xbfa\n\xef\xbb\xbfb", 10), ["1 a LineFeed", "2 \u{feff}b EndOfText"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped() {
        assert_eq!(split(b"12345\r\n123456\r\n12\n", 5), ["1 12345\r LineFeed", "2 6 bytes", "3 12 LineFeed"]);
        let long = "x".repeat(300_000);
        let text = format!("a\n{long}\nb\n{long}");
        let expected = ["1 a LineFeed", "2 300000 bytes", "3 b LineFeed", "4 300000 bytes"];
        assert_eq!(split(text.as_bytes(), 1000), expected);
        assert_eq!(split(&gzip(text.as_bytes()), 1000), expected);
        assert_eq!(split(text.as_bytes(), 300_000).len(), 4);
        assert_eq!(split(text.as_bytes(), 299_999), expected);
    }

    #[test]
    fn the_window_stays_small() {
        let limits = Limits { max_inflate_ratio: 100_000, ..Limits::default() };
        let text = gzip("x".repeat(10_000_000).as_bytes());
        let mut lines = Lines::new(Inflate::open(&text, &limits), 1000);
        assert_eq!(lines.next(), Some(Line::TooLong { number: 1, length: 10_000_000 }));
        assert!(lines.window.capacity() < 400_000);
    }

    #[test]
    fn damage_ends_the_last_line() {
        let mut text = gzip(b"a\nb\nc");
        text.truncate(text.len() - 4);
        assert_eq!(split(&text, 10), ["1 a LineFeed", "2 b LineFeed", "3 c Damage"]);
    }

    #[test]
    fn the_whole_text_has_the_limit_of_a_line() {
        let open = || Inflate::open(b"\xef\xbb\xbf123\n", &Limits::default());
        assert_eq!(read_whole(open(), 4).map(|(text, _)| text), Some(b"123\n".to_vec()));
        assert!(read_whole(open(), 3).is_none());
    }
}
