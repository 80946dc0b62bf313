//! Walks over the members of a JSON object and the elements of an array with serde_json, values left as raw text.
//!
//! Keys are read as bytes: a key may hold a lone surrogate, which no `str` can, and which matters only to a map.

use std::borrow::Cow;
use std::fmt;

use arrow::datatypes::Fields;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::cell::Rejection;

/// The raw values of the members that `fields` name, in their order; of a repeated key the last counts.
/// `json` is one valid object.
pub(super) fn find_members<'a>(fields: &Fields, json: &'a str) -> Result<Vec<Option<&'a str>>, Rejection> {
    let mut found = vec![None; fields.len()];
    let named = NamedMembers { fields, found: &mut found };
    serde_json::Deserializer::from_str(json).deserialize_map(named).map_err(|_| invalid())?;
    Ok(found)
}

/// Calls `each` with every key and raw value of an object, until it refuses one. A key with a lone surrogate is `None`.
/// `json` is one valid object.
pub(super) fn for_each_member<'a>(
    json: &'a str,
    each: &mut dyn FnMut(Option<Cow<'a, str>>, &'a str) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    let mut refused = None;
    let all = AllMembers { each, refused: &mut refused };
    let outcome = serde_json::Deserializer::from_str(json).deserialize_map(all);
    settle(refused, outcome)
}

/// Calls `each` with the raw elements of an array, until it refuses one. `json` is one valid array.
pub(super) fn for_each_element<'a>(
    json: &'a str,
    each: &mut dyn FnMut(&'a str) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    let mut refused = None;
    let all = Elements { each, refused: &mut refused };
    let outcome = serde_json::Deserializer::from_str(json).deserialize_seq(all);
    settle(refused, outcome)
}

fn settle(refused: Option<Rejection>, outcome: Result<(), serde_json::Error>) -> Result<(), Rejection> {
    match refused {
        Some(rejection) => Err(rejection),
        None => outcome.map_err(|_| invalid()),
    }
}

fn invalid() -> Rejection {
    Rejection::new("is not valid JSON")
}

struct NamedMembers<'f, 'a> {
    fields: &'f Fields,
    found: &'f mut Vec<Option<&'a str>>,
}

impl<'a> Visitor<'a> for NamedMembers<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut members: M) -> Result<(), M::Error> {
        while let Some(place) = members.next_key_seed(Place(self.fields))? {
            match place.and_then(|place| self.found.get_mut(place)) {
                Some(slot) => *slot = Some(members.next_value::<&RawValue>()?.get()),
                None => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Reads a key as the place of the field that it names.
struct Place<'f>(&'f Fields);

impl<'a> DeserializeSeed<'a> for Place<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'a>>(self, key: D) -> Result<Option<usize>, D::Error> {
        key.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|field| field.name().as_bytes() == key))
    }
}

struct AllMembers<'e, 'a> {
    each: &'e mut dyn FnMut(Option<Cow<'a, str>>, &'a str) -> Result<(), Rejection>,
    refused: &'e mut Option<Rejection>,
}

impl<'a> Visitor<'a> for AllMembers<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut members: M) -> Result<(), M::Error> {
        while let Some(Key(key)) = members.next_key()? {
            let value: &RawValue = members.next_value()?;
            if let Err(rejection) = (self.each)(key, value.get()) {
                *self.refused = Some(rejection);
                return Err(M::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

/// A key as text, where it is text.
struct Key<'a>(Option<Cow<'a, str>>);

impl<'a> Deserialize<'a> for Key<'a> {
    fn deserialize<D: Deserializer<'a>>(key: D) -> Result<Self, D::Error> {
        key.deserialize_bytes(KeyText)
    }
}

struct KeyText;

impl<'a> Visitor<'a> for KeyText {
    type Value = Key<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_bytes<E: Error>(self, key: &'a [u8]) -> Result<Key<'a>, E> {
        Ok(Key(std::str::from_utf8(key).ok().map(Cow::Borrowed)))
    }

    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<Key<'a>, E> {
        Ok(Key(String::from_utf8(key.to_vec()).ok().map(Cow::Owned)))
    }
}

struct Elements<'e, 'a> {
    each: &'e mut dyn FnMut(&'a str) -> Result<(), Rejection>,
    refused: &'e mut Option<Rejection>,
}

impl<'a> Visitor<'a> for Elements<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut elements: S) -> Result<(), S::Error> {
        while let Some(element) = elements.next_element::<&RawValue>()? {
            if let Err(rejection) = (self.each)(element.get()) {
                *self.refused = Some(rejection);
                return Err(S::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field};

    use super::*;

    #[test]
    fn members_are_found_by_name() {
        let fields: Fields = ["a", "b", "ü"].iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
        let json = r#"{"a": 1, "\ud800": "\udc00", "A": 2, "\u00fc" : [ 1 ], "a": {"a": 3}}"#;
        assert_eq!(find_members(&fields, json), Ok(vec![Some(r#"{"a": 3}"#), None, Some("[ 1 ]")]));
    }

    #[test]
    fn keys_may_hold_anything() {
        let mut seen = Vec::new();
        let json = r#"{"a": 1, "\ud800": 2, "\ud83d\ude00\n": "x", "$serde_json::private::RawValue": 4}"#;
        for_each_member(json, &mut |key, value| {
            seen.push((key.map(Cow::into_owned), value));
            Ok(())
        })
        .unwrap();
        let key = |key: &str| Some(key.to_owned());
        let raw = key("$serde_json::private::RawValue");
        assert_eq!(seen, [(key("a"), "1"), (None, "2"), (key("😀\n"), "\"x\""), (raw, "4")]);
    }

    #[test]
    fn elements_come_in_order_until_one_is_refused() {
        let mut seen = Vec::new();
        let outcome = for_each_element(r#"[1, {"a": [2]}, null, 4]"#, &mut |element| {
            seen.push(element);
            if element == "null" { Err(Rejection::missing()) } else { Ok(()) }
        });
        assert_eq!(seen, ["1", r#"{"a": [2]}"#, "null"]);
        assert_eq!(outcome, Err(Rejection::missing()));
        assert_eq!(for_each_element("[]", &mut |_| Err(Rejection::missing())), Ok(()));
    }
}
