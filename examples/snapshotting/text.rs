//! How things are printed: as the Python program of the seed document prints them.

use std::fmt::Display;

use crate::order::OrderItem;

/// A headline, with an empty line before it.
pub(crate) fn banner(title: &str) {
    let line = "=".repeat(60);
    println!("\n{line}\n{title}\n{line}");
}

pub(crate) fn boolean(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

pub(crate) fn or_none(value: Option<impl Display>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| value.to_string())
}

/// A list of texts.
pub(crate) fn keys(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("'{key}'")).collect();
    format!("[{}]", quoted.join(", "))
}

/// An item as a dictionary.
pub(crate) fn item(item: &OrderItem) -> String {
    let OrderItem {
        product_id,
        product_name,
        quantity,
        unit_price,
    } = item;
    format!(
        "{{'product_id': '{product_id}', 'product_name': '{product_name}', 'quantity': {quantity}, 'unit_price': {unit_price:?}}}"
    )
}
