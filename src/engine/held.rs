//! The held side of a lookup: which of its rows has a key.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use arrow::array::{Array, ArrayRef, AsArray, DynComparator, RecordBatch, StringArray, make_comparator};
use arrow::buffer::NullBuffer;
use arrow::compute::SortOptions;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::error::Result;

/// In the place of a row that is not there.
pub(super) const NONE: u32 = u32::MAX;

/// Hashes are spread before they come here.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// The side that is held, which has no key twice.
pub(super) struct Held {
    pub(super) rows: RecordBatch,
    keys: Vec<ArrayRef>,
    /// Rows without a key: a null is the same as no key, not even as another null.
    nulls: Option<NullBuffer>,
    /// Where the row with a hash stands; one whose hash is taken stands under the next that is free. Made once it is asked.
    places: Option<HashMap<u64, u32, BuildHasherDefault<AsItIs>>>,
    /// Behind the row that was found last.
    next: usize,
}

impl Held {
    /// `None` where a key repeats.
    pub(super) fn new(rows: RecordBatch, keys: Vec<ArrayRef>) -> Result<Option<Held>> {
        if rows.num_rows() >= NONE as usize {
            return Ok(None);
        }
        let nulls = nulls(&keys);
        let mut held = Held { rows, keys, nulls, places: None, next: 0 };
        Ok((held.ascends()? || held.index()?).then_some(held))
    }

    /// Whether every key is greater than the one before it.
    fn ascends(&self) -> Result<bool> {
        let order = Comparison::of(&self.keys, &self.keys)?;
        Ok(self.nulls.is_none() && (1..self.rows.num_rows()).all(|row| order.is_less(row - 1, row)))
    }

    /// Makes the table of keys. False where one repeats.
    fn index(&mut self) -> Result<bool> {
        let count = self.rows.num_rows();
        let hashes = hashes(&self.keys, count)?;
        let same = Comparison::of(&self.keys, &self.keys)?;
        let mut places = HashMap::with_capacity_and_hasher(count, BuildHasherDefault::default());
        for (row, mut hash) in hashes.into_iter().enumerate() {
            if is_null(&self.nulls, row) {
                continue;
            }
            while let Some(place) = places.get(&hash) {
                if same.is_same(*place as usize, row) {
                    return Ok(false);
                }
                hash = hash.wrapping_add(1);
            }
            places.insert(hash, row as u32);
        }
        self.places = Some(places);
        Ok(true)
    }

    /// For each of so many keys the place of its row, or `NONE`.
    pub(super) fn find(&mut self, keys: &[ArrayRef], count: usize) -> Result<Vec<u32>> {
        let nulls = nulls(keys);
        let held = self.keys.clone();
        let same = Comparison::of(&held, keys)?;
        let mut hashed = None;
        let mut found = Vec::with_capacity(count);
        for row in 0..count {
            if is_null(&nulls, row) {
                found.push(NONE);
            } else if self.next < self.rows.num_rows()
                && !is_null(&self.nulls, self.next)
                && same.is_same(self.next, row)
            {
                found.push(self.next as u32);
                self.next += 1;
            } else if self.next > 0 && same.is_same(self.next - 1, row) {
                found.push(self.next as u32 - 1);
            } else {
                if self.places.is_none() {
                    self.index()?;
                }
                let hashes = match &mut hashed {
                    Some(hashes) => hashes,
                    none => none.insert(hashes(keys, count)?),
                };
                let place = self
                    .places
                    .as_ref()
                    .and_then(|places| placed(places, hashes[row], |place| same.is_same(place, row)));
                self.next = place.map_or(self.next, |place| place as usize + 1);
                found.push(place.unwrap_or(NONE));
            }
        }
        Ok(found)
    }
}

fn placed(
    places: &HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
    mut hash: u64,
    is_same: impl Fn(usize) -> bool,
) -> Option<u32> {
    loop {
        let place = *places.get(&hash)?;
        if is_same(place as usize) {
            return Some(place);
        }
        hash = hash.wrapping_add(1);
    }
}

fn hashes(keys: &[ArrayRef], count: usize) -> Result<Vec<u64>> {
    let mut hashes = vec![0; count];
    create_hashes(keys, &RandomState::with_seed(0), &mut hashes)?;
    Ok(hashes)
}

fn nulls(keys: &[ArrayRef]) -> Option<NullBuffer> {
    let nulls = keys.iter().fold(None, |nulls, key| NullBuffer::union(nulls.as_ref(), key.logical_nulls().as_ref()));
    nulls.filter(|nulls| nulls.null_count() > 0)
}

fn is_null(nulls: &Option<NullBuffer>, row: usize) -> bool {
    nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
}

/// Rows of two sides, by their keys.
struct Comparison<'a>(Vec<KeyComparison<'a>>);

/// Rows of two sides, by one key. Most keys are texts, and are compared where they stand.
enum KeyComparison<'a> {
    Texts(&'a StringArray, &'a StringArray),
    Others(DynComparator),
}

impl<'a> Comparison<'a> {
    fn of(one: &'a [ArrayRef], other: &'a [ArrayRef]) -> Result<Comparison<'a>> {
        let key = |(one, other): (&'a ArrayRef, &'a ArrayRef)| match (one.as_string_opt(), other.as_string_opt()) {
            (Some(one), Some(other)) => Ok(KeyComparison::Texts(one, other)),
            _ => make_comparator(one, other, SortOptions::default()).map(KeyComparison::Others),
        };
        Ok(Comparison(one.iter().zip(other).map(key).collect::<std::result::Result<_, _>>()?))
    }

    /// Keys that are null are asked for by nobody.
    fn is_same(&self, one: usize, other: usize) -> bool {
        self.0.iter().all(|key| match key {
            KeyComparison::Texts(left, right) => left.value(one) == right.value(other),
            KeyComparison::Others(compare) => compare(one, other).is_eq(),
        })
    }

    fn is_less(&self, one: usize, other: usize) -> bool {
        let orders = self.0.iter().map(|key| match key {
            KeyComparison::Texts(left, right) => left.value(one).cmp(right.value(other)),
            KeyComparison::Others(compare) => compare(one, other),
        });
        orders.into_iter().find(|order| order.is_ne()).is_some_and(Ordering::is_lt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two keys under one hash stand under different ones.
    #[test]
    fn a_hash_that_is_taken_leads_on_to_the_next() {
        let mut places: HashMap<u64, u32, BuildHasherDefault<AsItIs>> = HashMap::default();
        places.extend([(7, 0), (8, 1)]);
        assert_eq!(placed(&places, 7, |place| place == 1), Some(1));
        assert_eq!(placed(&places, 7, |place| place == 2), None);
    }
}
