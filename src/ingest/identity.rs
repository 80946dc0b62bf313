//! Which rows are the same call: the identity of each row, by the alternatives that its contract declares.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use sha2::{Digest, Sha256};

use super::order::Sources;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::waiting::Waiting;

/// 128 bits of the SHA-256 of an identity's values.
pub(super) type Id = [u8; 16];

/// Builds maps whose keys are hashes already.
pub(super) type ById = BuildHasherDefault<Hashed>;

/// Takes eight bytes of a hash as they are.
#[derive(Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }

    /// The length of an array says nothing.
    fn write_usize(&mut self, _: usize) {}
}

/// The call that rows of other sources name by a further identity.
struct Alias {
    call: Id,
    source: u32,
    more_sources: Vec<u32>,
    /// Two calls under one request id are retries: which of them it is, nobody can say.
    is_shared: bool,
}

/// The identity of each row. Rows are looked at part by part: what identifies a call is most of what a row holds.
pub(super) fn identities(contract: &Table, rows: &Waiting, sources: &Sources) -> Result<Vec<Id>> {
    let named = contract.header.get("identity").unwrap_or_default();
    let named: BTreeSet<&str> = named.split(['|', '+']).map(str::trim).collect();
    let places = |name: &&str| rows.schema().index_of(name).ok();
    let mut places: Vec<usize> = named.iter().filter_map(places).collect();
    places.sort_unstable();
    // A wrong header is told even where there is no row.
    let empty = RecordBatch::new_empty(Arc::new(rows.schema().project(&places)?));
    let last = alternatives(contract, &empty)?.len() - 1;
    let mut own: Vec<Id> = Vec::with_capacity(rows.lengths().sum());
    let mut buffer = Vec::new();
    // Only a row that knows no first identity may go by one that another source wrote beside it.
    let mut lesser: HashSet<Id, ById> = HashSet::default();
    for part in 0..rows.lengths().count() {
        let part = rows.part(part, &places)?;
        let alternatives = alternatives(contract, &part)?;
        for row in 0..part.num_rows() {
            let known = alternatives.iter().position(|columns| is_known(columns, row)).unwrap_or(last);
            let id = hash(&mut buffer, known, &alternatives[known], row);
            if known > 0 {
                lesser.insert(id);
            }
            own.push(id);
        }
    }
    if lesser.is_empty() || sources.count() < 2 {
        return Ok(own);
    }
    let mut aliases: HashMap<Id, Alias, ById> = HashMap::default();
    let mut begin = 0;
    for part in 0..rows.lengths().count() {
        let part = rows.part(part, &places)?;
        let alternatives = alternatives(contract, &part)?;
        for row in 0..part.num_rows() {
            let known = alternatives.iter().enumerate().take(last).filter(|(_, columns)| is_known(columns, row));
            for (place, columns) in known.skip(1) {
                let id = hash(&mut buffer, place, columns, row);
                if lesser.contains(&id) {
                    knows(&mut aliases, id, own[begin + row], sources.of_row(begin + row));
                }
            }
        }
        begin += part.num_rows();
    }
    for (row, own) in own.iter_mut().enumerate() {
        if let Some(alias) = aliases.get(own).filter(|alias| !alias.is_shared)
            && alias.source != sources.of_row(row)
            && !alias.more_sources.contains(&sources.of_row(row))
        {
            *own = alias.call;
        }
    }
    Ok(own)
}

/// Notes that a row of a source bears `alias` beside `call`.
fn knows(aliases: &mut HashMap<Id, Alias, ById>, alias: Id, call: Id, source: u32) {
    let known =
        aliases.entry(alias).or_insert_with(|| Alias { call, source, more_sources: Vec::new(), is_shared: false });
    known.is_shared |= known.call != call;
    if known.source != source && !known.more_sources.contains(&source) {
        known.more_sources.push(source);
    }
}

type IdentityColumns<'a> = Vec<(&'a ArrayRef, Option<&'a StringArray>, ArrayFormatter<'a>)>;

fn alternatives<'a>(contract: &Table, rows: &'a RecordBatch) -> Result<Vec<IdentityColumns<'a>>> {
    let declared = contract.header.get("identity").ok_or_else(|| {
        Error::project(format!("contract `{}` has no `identity:`", contract.name)).at(format!("at {}", contract.path))
    })?;
    let mut alternatives = Vec::new();
    for alternative in declared.split('|') {
        let mut columns = Vec::new();
        for name in alternative.split('+').map(str::trim) {
            let column = rows.column_by_name(name).ok_or_else(|| {
                Error::project(format!("identity names `{name}`, which is no column"))
                    .at(format!("at {}", contract.path))
            })?;
            let options = FormatOptions::default();
            columns.push((column, column.as_string_opt::<i32>(), ArrayFormatter::try_new(column, &options)?));
        }
        alternatives.push(columns);
    }
    Ok(alternatives)
}

fn is_known(columns: &IdentityColumns<'_>, row: usize) -> bool {
    columns.iter().all(|(column, ..)| column.is_valid(row))
}

fn hash(buffer: &mut Vec<u8>, place: usize, columns: &IdentityColumns<'_>, row: usize) -> Id {
    buffer.clear();
    // Writing to memory does not fail.
    let _ = write!(buffer, "{place}");
    let mut add = |value: &str| {
        // The length keeps ("ab", "c") and ("a", "bc") apart; null is not the empty text.
        let _ = write!(buffer, "\u{1f}{}\u{1f}", value.len());
        buffer.extend_from_slice(value.as_bytes());
    };
    for (column, texts, formatter) in columns {
        match texts {
            _ if column.is_null(row) => add("\u{0}"),
            Some(texts) => add(texts.value(row)),
            None => add(&formatter.value(row).to_string()),
        }
    }
    let mut id = Id::default();
    id.copy_from_slice(&Sha256::digest(&buffer)[..16]);
    id
}
