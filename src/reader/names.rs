//! Finds the columns of a file by their names.

use arrow::datatypes::Fields;

/// For each field the place of its name among `names`: the same name, else the same but for case. `None` where a
/// column that may be null is not there. The error is the fault of the object.
pub(super) fn match_columns(fields: &Fields, names: &[&str]) -> Result<Vec<Option<usize>>, String> {
    let mut places = Vec::with_capacity(fields.len());
    for field in fields {
        let place = find_name(names, field.name())?;
        if place.is_none() && !field.is_nullable() {
            return Err(format!("lacks required column `{}`", field.name()));
        }
        places.push(place);
    }
    Ok(places)
}

/// The place of a name: the same, else the same but for case.
pub(super) fn find_name(names: &[&str], wanted: &str) -> Result<Option<usize>, String> {
    let exact = only_place(names, wanted, |name| name == wanted)?;
    if exact.is_some() {
        return Ok(exact);
    }
    let wanted_lower = wanted.to_lowercase();
    only_place(names, wanted, |name| name.to_lowercase() == wanted_lower)
}

fn only_place(names: &[&str], wanted: &str, is_same: impl Fn(&str) -> bool) -> Result<Option<usize>, String> {
    let mut places = names.iter().enumerate().filter(|(_, name)| is_same(name)).map(|(place, _)| place);
    let first = places.next();
    match places.next() {
        Some(_) => Err(format!("has column `{wanted}` more than once")),
        None => Ok(first),
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field};

    use super::*;

    fn fields(names: &[(&str, bool)]) -> Fields {
        names.iter().map(|(name, nullable)| Field::new(*name, DataType::Utf8, *nullable)).collect()
    }

    #[test]
    fn exact_names_come_before_others() {
        let wanted = fields(&[("a", false), ("A", false), ("Größe", true), ("none", true)]);
        let found = match_columns(&wanted, &["GRÖSSE", "GRÖßE", "A", "a"]);
        assert_eq!(found, Ok(vec![Some(3), Some(2), Some(1), None]));
        assert_eq!(match_columns(&fields(&[("id", false)]), &["ID", "x"]), Ok(vec![Some(0)]));
    }

    #[test]
    fn doubt_and_lack_are_faults() {
        let id = fields(&[("id", false)]);
        assert_eq!(match_columns(&id, &["x"]), Err("lacks required column `id`".into()));
        assert_eq!(match_columns(&id, &["id", "id"]), Err("has column `id` more than once".into()));
        assert_eq!(match_columns(&id, &["ID", "Id"]), Err("has column `id` more than once".into()));
        assert_eq!(match_columns(&id, &["ID", "id"]), Ok(vec![Some(1)]));
    }
}
