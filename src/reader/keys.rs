//! Finds a name among few by hash: machine-written records bring the same keys again and again, most of them unknown.

use super::scan::Scan;

/// Names and where they stand.
pub(super) struct Keys {
    names: Vec<Box<str>>,
    /// The place of a name plus one, at its hash or in the next free seat after it; 0 is free.
    seats: Vec<u8>,
    /// One less than the number of seats, which is a power of two.
    mask: usize,
}

impl Keys {
    /// `None` for more names than seats can number. Of equal names the first is found.
    pub(super) fn new<'n>(names: impl Iterator<Item = &'n str>) -> Option<Self> {
        let names: Vec<Box<str>> = names.map(Box::from).collect();
        // At most an eighth of the seats is taken: an unknown key mostly meets a free one.
        let size = (names.len() * 8).next_power_of_two();
        let mut keys = Self { seats: vec![0; size], names, mask: size - 1 };
        for place in 0..keys.names.len() {
            let mut seat = hash(keys.names[place].as_bytes()) & keys.mask;
            while keys.seats[seat] != 0 {
                seat = (seat + 1) & keys.mask;
            }
            keys.seats[seat] = u8::try_from(place + 1).ok()?;
        }
        Some(keys)
    }

    /// The place of a name.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let mut seat = hash(name.as_bytes()) & self.mask;
        loop {
            let place = usize::from(*self.seats.get(seat)?).checked_sub(1)?;
            if self.names.get(place)?.as_ref() == name {
                return Some(place);
            }
            seat = (seat + 1) & self.mask;
        }
    }
}

/// How many keys of an object are remembered, and how long they may be.
const MAX_KNOWN: usize = 256;
const MAX_KEY: usize = 120;
/// How many keys may be left out in a row before one is taken for new.
const LOOK_AHEAD: usize = 8;

/// The order in which the records seen so far wrote the keys of an object: machine-written ones repeat it, so that one
/// comparison finds where a key ends and which it is. A wrong guess costs time, never a result.
#[derive(Default)]
pub(super) struct Order {
    known: Vec<Known>,
}

struct Known {
    /// From the opening quote to the byte before the value.
    text: Box<[u8]>,
    place: Option<usize>,
}

impl Order {
    /// Steps over a key and its colon; the place of its name is `None` inside when nobody wants it. `next` is where the
    /// guess stands, 0 before the first key.
    #[inline]
    pub(super) fn find(&mut self, scan: &mut Scan<'_>, keys: &Keys, next: &mut usize) -> Option<Option<usize>> {
        scan.peek()?;
        match self.known.get(*next) {
            Some(known) if scan.skip_known(&known.text) => {
                *next += 1;
                Some(known.place)
            }
            _ => self.learn(scan, keys, next),
        }
    }

    #[inline(never)]
    fn learn(&mut self, scan: &mut Scan<'_>, keys: &Keys, next: &mut usize) -> Option<Option<usize>> {
        let ahead = self.known.iter().enumerate().skip(*next).take(LOOK_AHEAD);
        for (at, known) in ahead {
            if scan.skip_known(&known.text) {
                *next = at + 1;
                return Some(known.place);
            }
        }
        let start = scan.position();
        let place = keys.find(scan.key()?);
        scan.peek()?;
        let text = scan.since(start)?;
        if text.len() <= MAX_KEY {
            if self.known.len() == MAX_KNOWN {
                self.known.clear();
                *next = 0;
            }
            self.known.insert((*next).min(self.known.len()), Known { text: text.as_bytes().into(), place });
            *next += 1;
        }
        Some(place)
    }
}

/// Length and both ends, as the names of one schema differ there.
#[inline]
fn hash(name: &[u8]) -> usize {
    let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
            (Some(first), Some(last)) => (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into()),
            _ => (name.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 0),
        },
    };
    let mixed = (first ^ last.rotate_left(23) ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_others_are_not() {
        let names =
            ["", "a", "ab", "abc", "user_api_key_alias", "user_api_key_team_alias", "id", "größe", "abcdefgh", "id"];
        let keys = Keys::new(names.into_iter()).unwrap();
        for (place, name) in names.iter().enumerate().take(9) {
            assert_eq!(keys.find(name), Some(place), "{name}");
        }
        for name in ["b", "A", "user_api_key_team_aliaz", "ID", "abcdefg", "abcdefghi"] {
            assert_eq!(keys.find(name), None, "{name}");
        }
        let none = Keys::new([].into_iter()).unwrap();
        assert_eq!(none.find("a"), None);
        assert!(Keys::new((0..300).map(|_| "x")).is_none());
    }
}
