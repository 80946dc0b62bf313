//! A cursor over one line of JSON that judges every byte it passes as serde_json does, and copies nothing.
//!
//! `None` is never a verdict: it means doubt, and the line goes to serde_json. What is passed without doubt is valid:
//! brackets, commas, colons and words stand where the grammar wants them, numbers are written as JSON writes them, and
//! strings hold no bare control character and no unknown escape. As in serde_json, an escaped surrogate may stand
//! alone. The line is a `str`, so its UTF-8 was checked before.
//!
//! Strings are searched 16 bytes at a time. On x86-64 that takes SSE2, which every such processor has, so there is
//! nothing to detect; elsewhere the compiler finds the vector instructions.

/// How many levels `skip_nested` can tell apart.
const MAX_LEVELS: u32 = 64;
const BLOCK: usize = 16;

/// Where in a line the reading stands.
pub(super) struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// How many arrays and objects are open.
    depth: usize,
    max_depth: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str, max_depth: usize) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, depth: 0, max_depth }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The text from a position up to here.
    pub(super) fn since(&self, start: usize) -> Option<&'a str> {
        self.text.get(start..self.at)
    }

    /// The next byte that is no white space, which stays to be read.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            if byte > b' ' || !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// True when nothing but white space is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Steps over `wanted`, which must be the next byte that is no white space.
    #[inline]
    pub(super) fn step(&mut self, wanted: u8) -> Option<()> {
        if self.peek()? != wanted {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// Steps over an opening bracket and says whether something stands before the closing one, which is stepped over
    /// too when nothing does.
    #[inline]
    pub(super) fn open(&mut self, bracket: u8) -> Option<bool> {
        self.step(bracket)?;
        self.depth += 1;
        if self.depth > self.max_depth {
            return None;
        }
        if self.peek()? == closing(bracket) {
            self.close();
            return Some(false);
        }
        Some(true)
    }

    /// After a member or an element: true when another one follows, false behind the closing bracket.
    #[inline]
    pub(super) fn has_next(&mut self, bracket: u8) -> Option<bool> {
        match self.peek()? {
            b',' => {
                self.at += 1;
                Some(true)
            }
            byte if byte == closing(bracket) => {
                self.close();
                Some(false)
            }
            _ => None,
        }
    }

    fn close(&mut self) {
        self.at += 1;
        self.depth -= 1;
    }

    /// Steps over `expected` if that is what stands here. Says whether.
    #[inline]
    pub(super) fn skip_known(&mut self, expected: &[u8]) -> bool {
        let end = self.at + expected.len();
        let is_here = self.bytes.get(self.at..end).is_some_and(|here| is_same(here, expected));
        if is_here {
            self.at = end;
        }
        is_here
    }

    /// A key and the colon behind it; a key with an escape is doubt.
    #[inline]
    pub(super) fn key(&mut self) -> Option<&'a str> {
        self.step(b'"')?;
        let start = self.at;
        let end = self.find_stop()?;
        if *self.bytes.get(end)? != b'"' {
            return None;
        }
        self.at = end + 1;
        self.step(b':')?;
        self.text.get(start..end)
    }

    /// The inside of a string without escapes; `None` inside when it has some, and is stepped over all the same.
    #[inline]
    pub(super) fn string(&mut self) -> Option<Option<&'a str>> {
        self.step(b'"')?;
        let start = self.at;
        let has_escapes = self.skip_string()?;
        Some(if has_escapes { None } else { self.text.get(start..self.at - 1) })
    }

    /// Steps over one value of any kind.
    #[inline]
    pub(super) fn skip_value(&mut self) -> Option<()> {
        match self.peek()? {
            b'{' | b'[' => self.skip_nested(),
            first => self.skip_scalar(first),
        }
    }

    #[inline]
    fn skip_scalar(&mut self, first: u8) -> Option<()> {
        match first {
            b'"' => {
                self.at += 1;
                self.skip_string().map(drop)
            }
            b'-' | b'0'..=b'9' => self.skip_number(),
            b't' => self.skip_word(b"true"),
            b'f' => self.skip_word(b"false"),
            b'n' => self.skip_word(b"null"),
            _ => None,
        }
    }

    fn skip_word(&mut self, word: &[u8]) -> Option<()> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end)? != word {
            return None;
        }
        self.at = end;
        Some(())
    }

    /// Steps over an object or an array and all that is in it, without recursion: the kinds of the open brackets are
    /// bits, the innermost lowest.
    fn skip_nested(&mut self) -> Option<()> {
        let outside = self.depth;
        let mut objects = 0_u64;
        loop {
            let bracket = *self.bytes.get(self.at)?;
            if self.depth - outside == MAX_LEVELS as usize {
                return None;
            }
            let mut is_object = bracket == b'{';
            objects = objects << 1 | u64::from(is_object);
            let mut is_more = self.open(bracket)?;
            if !is_more {
                objects >>= 1;
            }
            loop {
                if is_more {
                    if is_object {
                        self.step(b'"')?;
                        self.skip_string()?;
                        self.step(b':')?;
                    }
                    match self.peek()? {
                        b'{' | b'[' => break,
                        first => self.skip_scalar(first)?,
                    }
                } else if self.depth == outside {
                    return Some(());
                }
                is_object = objects & 1 == 1;
                is_more = self.has_next(if is_object { b'{' } else { b'[' })?;
                if !is_more {
                    objects >>= 1;
                }
            }
        }
    }

    /// Steps over a number as JSON writes it. What follows it is judged by the caller.
    #[inline]
    pub(super) fn skip_number(&mut self) -> Option<()> {
        if *self.bytes.get(self.at)? == b'-' {
            self.at += 1;
        }
        let start = self.at;
        let first = self.byte();
        self.skip_digits();
        let digits = self.at - start;
        if digits == 0 || (first == b'0' && digits > 1) {
            return None;
        }
        if self.byte() == b'.' {
            self.at += 1;
            self.skip_some_digits()?;
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.byte(), b'+' | b'-') {
                self.at += 1;
            }
            self.skip_some_digits()?;
        }
        Some(())
    }

    /// The byte here; behind the end of the line a zero, which no valid line holds.
    #[inline]
    fn byte(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn skip_digits(&mut self) {
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
    }

    #[inline]
    fn skip_some_digits(&mut self) -> Option<()> {
        let start = self.at;
        self.skip_digits();
        (self.at > start).then_some(())
    }

    /// Steps over the rest of a string, its closing quote included, and says whether it has escapes.
    #[inline]
    fn skip_string(&mut self) -> Option<bool> {
        let end = self.find_stop()?;
        if *self.bytes.get(end)? == b'"' {
            self.at = end + 1;
            return Some(false);
        }
        self.at = end;
        self.skip_escapes()?;
        Some(true)
    }

    fn skip_escapes(&mut self) -> Option<()> {
        loop {
            match self.byte() {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => {}
                _ => return None,
            }
            match *self.bytes.get(self.at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
                b'u' => {
                    let digits = self.bytes.get(self.at + 2..self.at + 6)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    self.at += 6;
                }
                _ => return None,
            }
            self.at = self.find_stop()?;
        }
    }

    /// Where the next quote, backslash or control character stands.
    #[inline]
    fn find_stop(&self) -> Option<usize> {
        find_stop(self.bytes, self.at)
    }
}

/// How many quotes, backslashes and control characters stand in a text, line feeds among them: no reader of lines gets
/// by with finding less, so this is what readers are measured against.
pub fn count_stops(text: &[u8]) -> usize {
    let (mut count, mut at) = (0, 0);
    while let Some(stop) = find_stop(text, at) {
        count += 1;
        at = stop + 1;
    }
    count
}

#[inline]
fn find_stop(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        let place = first_stop(block);
        at += place;
        if place < BLOCK {
            return Some(at);
        }
    }
    let rest = bytes.get(at..)?;
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).map(|place| at + place)
}

/// Whether two texts of one length are the same; most keys are short, and two loads at either end cover them.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    if let (Some(first), Some(last)) = (one.first_chunk::<16>(), one.last_chunk::<16>())
        && one.len() <= 32
    {
        return other.first_chunk() == Some(first) && other.last_chunk() == Some(last);
    }
    if let (Some(first), Some(last)) = (one.first_chunk::<8>(), one.last_chunk::<8>())
        && one.len() <= 16
    {
        return other.first_chunk() == Some(first) && other.last_chunk() == Some(last);
    }
    one == other
}

#[inline]
fn closing(bracket: u8) -> u8 {
    if bracket == b'{' { b'}' } else { b']' }
}

/// The place of the first quote, backslash or control character in a block; its length when there is none.
#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(unsafe_code, reason = "a tenth of the reader's time: the compiler's own vector code is slower")]
fn first_stop(block: &[u8; BLOCK]) -> usize {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *block;
    let low = i64::from_le_bytes([a, b, c, d, e, f, g, h]);
    let high = i64::from_le_bytes([i, j, k, l, m, n, o, p]);
    // SAFETY: these instructions are SSE2, which is part of every x86-64 processor and of this target, so they may be
    // called; they take and give values only, no pointer, so no memory is read or written. Nothing else is asked of
    // their caller.
    let stops = unsafe {
        let bytes = _mm_set_epi64x(high, low);
        let quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x22));
        let backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x5c));
        let controls = _mm_cmpeq_epi8(bytes, _mm_min_epu8(bytes, _mm_set1_epi8(0x1f)));
        _mm_movemask_epi8(_mm_or_si128(controls, _mm_or_si128(quotes, backslashes)))
    };
    // The mask has 16 bits: the bit above them ends the search.
    (stops | 1 << BLOCK).trailing_zeros() as usize
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn first_stop(block: &[u8; BLOCK]) -> usize {
    first_stop_anywhere(block)
}

/// The same for any processor, written so that the compiler makes vector instructions of it.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline]
fn first_stop_anywhere(block: &[u8; BLOCK]) -> usize {
    let mut marks = [0; BLOCK];
    for (mark, &byte) in marks.iter_mut().zip(block) {
        *mark = if (byte < 0x20) | (byte == b'"') | (byte == b'\\') { 0xff } else { 0 };
    }
    u128::from_le_bytes(marks).trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::super::tests::Random;
    use super::*;

    #[test]
    fn stops_are_counted_to_the_end() {
        for length in 0..40 {
            let text = format!("{}\n{}\"\\", "x".repeat(length), "ü".repeat(length));
            assert_eq!(count_stops(text.as_bytes()), 3, "{text}");
        }
    }

    #[test]
    fn the_first_stop_of_a_block_is_found_by_every_way() {
        let slow = |block: &[u8; BLOCK]| {
            block.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')).unwrap_or(BLOCK)
        };
        let mut random = Random(8);
        let rare = [0, 0x1f, 0x20, 0x21, b'"', 0x23, 0x5b, b'\\', 0x5d, 0x7f, 0x80, 0x9f, 0xa2, 0xdc, 0xff];
        for place in 0..BLOCK {
            for byte in 0..=255 {
                for filler in [b'a', 0xc3, 0x20, 0xff] {
                    let mut block = [filler; BLOCK];
                    block[place] = byte;
                    assert_eq!([first_stop(&block), first_stop_anywhere(&block)], [slow(&block); 2], "{block:?}");
                }
            }
        }
        for _ in 0..20_000 {
            let block = [(); BLOCK].map(|()| match random.below(12) {
                0 => rare[random.below(rare.len())],
                _ => 0x23 + random.below(0x38) as u8,
            });
            assert_eq!([first_stop(&block), first_stop_anywhere(&block)], [slow(&block); 2], "{block:?}");
        }
    }
}
