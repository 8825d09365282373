//! Changes to the text of a line file, which keep its comments and its layout.
//!
//! All places of repeated sections are those of the text before: what is removed is removed last, from the end.
//! Whether the result makes sense is not asked here; the check of the whole file says that.

use calib::the_box::settings::{Change, MOST_CHANGES};
use serde_json::Value as Json;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::places::{Place, Step};
use crate::declared::Section;

/// Longest text that is written, in bytes.
const TEXT_MAX: usize = 4000;

/// The text with the changes made, or which one cannot be made and why.
pub fn apply(text: &str, changes: &[Change], declared: &[Section]) -> Result<String, String> {
    if changes.len() > MOST_CHANGES {
        return Err(format!("more than {MOST_CHANGES} changes at once; save some of them first"));
    }
    let mut document: DocumentMut = text.parse().map_err(|_| {
        "the line file is no TOML, so that nothing can be changed in it here; correct it on the box, \
         `inspectctl config check` says where"
            .to_owned()
    })?;
    let root = document.as_table_mut();
    let mut removed = Vec::new();
    for change in changes {
        let place = Place::find(&change.key, declared)?;
        match &change.value {
            Json::Null => removed.push(place),
            Json::Object(keys) if keys.is_empty() && place.key.is_none() => {
                enter(root, &place.steps).map(|_| ()).map_err(|why| told(change, &why))?;
            }
            value => {
                let key = place.key.as_deref().ok_or_else(|| told(change, "it is a section"))?;
                let value = toml_value(value).map_err(|why| told(change, &why))?;
                let table = enter(root, &place.steps).map_err(|why| told(change, &why))?;
                put(table, key, value);
            }
        }
    }
    // Keys before tables, what is within a table before the table, the last of a list first.
    removed.sort_by(|a, b| (a.key.is_none().cmp(&b.key.is_none())).then(b.cmp(a)));
    removed.dedup();
    for place in removed {
        remove(root, &place);
    }
    Ok(with_line_ends_of(text, document.to_string()))
}

/// The new text with the line ends of the old, which an editor on Windows may have written.
fn with_line_ends_of(old: &str, new: String) -> String {
    if old.contains("\r\n") { new.replace("\r\n", "\n").replace('\n', "\r\n") } else { new }
}

fn told(change: &Change, why: &str) -> String {
    format!("{}: {why}; load the page again", change.key)
}

/// The table at the end of the steps; what is missing on the way is added.
fn enter<'t>(root: &'t mut Table, steps: &[Step]) -> Result<&'t mut dyn TableLike, String> {
    let mut table: &mut dyn TableLike = root;
    let mut is_inline = false;
    for (depth, step) in steps.iter().enumerate() {
        let is_last = depth + 1 == steps.len();
        if table.get(&step.name).is_none_or(Item::is_none) {
            let item = match (step.index, is_inline) {
                (None, false) => Item::Table(new_table(!is_last)),
                (None, true) => Item::Value(Value::InlineTable(InlineTable::new())),
                (Some(_), false) => Item::ArrayOfTables(ArrayOfTables::new()),
                (Some(_), true) => Item::Value(Value::Array(Array::new())),
            };
            table.insert(&step.name, item);
        }
        let item = table.get_mut(&step.name).ok_or("it cannot be added")?;
        is_inline |= item.is_value();
        table = match step.index {
            None => item.as_table_like_mut().ok_or("a value stands where a section belongs")?,
            Some(index) => element(item, index)?,
        };
    }
    Ok(table)
}

/// One table of a repeated section, written as `[[…]]` or as a list; the next one is added.
fn element(item: &mut Item, index: usize) -> Result<&mut dyn TableLike, String> {
    let absent = || format!("there is no table with the number {}", index + 1);
    match item {
        Item::ArrayOfTables(tables) => {
            if index == tables.len() {
                tables.push(new_table(false));
            }
            tables.get_mut(index).map(|table| table as &mut dyn TableLike).ok_or_else(absent)
        }
        Item::Value(Value::Array(list)) => {
            if index == list.len() {
                list.push(InlineTable::new());
            }
            let table = list.get_mut(index).and_then(Value::as_inline_table_mut);
            table.map(|table| table as &mut dyn TableLike).ok_or_else(absent)
        }
        _ => Err("a value stands where a section belongs".to_owned()),
    }
}

/// A table after a blank line; an implicit one is only named by those within it.
fn new_table(is_implicit: bool) -> Table {
    let mut table = Table::new();
    table.set_implicit(is_implicit);
    table.decor_mut().set_prefix("\n");
    table
}

/// Writes a value in the place of the old one, with the blanks and the comment around it.
fn put(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => _ = table.insert(key, Item::Value(value)),
    }
}

/// Removes a key, or a table; nothing where it is not there.
fn remove(root: &mut Table, place: &Place) {
    let Place { steps, key } = place;
    match (key, steps.split_last()) {
        (Some(key), _) => {
            if let Some(table) = reach(root, steps) {
                table.remove(key);
            }
        }
        (None, Some((last, before))) => {
            let Some(table) = reach(root, before) else { return };
            let is_empty = match (last.index, table.get_mut(&last.name)) {
                (Some(index), Some(Item::ArrayOfTables(tables))) if index < tables.len() => {
                    tables.remove(index);
                    tables.is_empty()
                }
                (Some(index), Some(Item::Value(Value::Array(list)))) if index < list.len() => {
                    list.remove(index);
                    list.is_empty()
                }
                (Some(_), _) => false,
                (None, _) => true,
            };
            if is_empty {
                table.remove(&last.name);
            }
        }
        (None, None) => {}
    }
}

/// The table at the end of the steps, if all are there.
fn reach<'t>(root: &'t mut Table, steps: &[Step]) -> Option<&'t mut dyn TableLike> {
    let mut table: &mut dyn TableLike = root;
    for step in steps {
        let item = table.get_mut(&step.name)?;
        table = match (step.index, item) {
            (None, item) => item.as_table_like_mut()?,
            (Some(index), Item::ArrayOfTables(tables)) => tables.get_mut(index)?,
            (Some(index), Item::Value(Value::Array(list))) => {
                list.get_mut(index)?.as_inline_table_mut()?
            }
            _ => return None,
        };
    }
    Some(table)
}

/// A value as TOML has it. A number that is no number comes as text, and the check says so.
fn toml_value(value: &Json) -> Result<Value, String> {
    Ok(match value {
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(real)) if real.is_finite() => real.into(),
            _ => return Err(format!("{number} is too large for a line file")),
        },
        Json::String(text) if text.len() <= TEXT_MAX => text.as_str().into(),
        Json::String(_) => return Err("the text is too long".to_owned()),
        Json::Array(list) => {
            let is_plain = |one: &Json| !one.is_array() && !one.is_object() && !one.is_null();
            if list.len() > 200 || !list.iter().all(is_plain) {
                return Err("the list is too long, or holds more than values".to_owned());
            }
            let mut array = Array::new();
            for one in list {
                array.push(toml_value(one)?);
            }
            array.into()
        }
        Json::Null | Json::Object(_) => return Err("it is no value".to_owned()),
    })
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
