//! Texts that stores are known to change or to confuse: one table for every check that writes texts.

use crate::StreamId;

/// Groups of categories that collations, normal forms, case mappings and short columns take for one.
pub(crate) fn lookalikes() -> Vec<Vec<String>> {
    let groups: &[&[&str]] = &[
        &["order", "orders", "order-line", "ord", "order.", "order "],
        &["order", "Order", "ORDER"],
        // Normal forms, and letters without their accents.
        &["caf\u{e9}", "cafe\u{301}", "cafe"],
        &["\u{c5}", "A\u{30a}", "\u{212b}", "A"],
        // Case beyond ASCII.
        &["\u{e4}rger", "\u{c4}RGER", "\u{c4}rger"],
        &["stra\u{df}e", "STRASSE", "strasse", "STRA\u{1e9e}E"],
        &["\u{3c3}", "\u{3c2}", "\u{3a3}"],
        &["k", "K", "\u{212a}"],
        &["i", "I", "\u{130}", "\u{131}"],
        // What compatibility forms map to each other, and what collations ignore.
        &["\u{fb01}n", "fin"],
        &["a\u{200d}b", "ab", "a\u{ad}b"],
    ];
    let mut groups: Vec<Vec<String>> = groups
        .iter()
        .map(|group| group.iter().map(|name| (*name).to_owned()).collect())
        .collect();
    // Cut off, these would be the same.
    for len in [30, 50, 63, 64, 100, StreamId::MAX_CATEGORY_LEN - 1] {
        let name = "c".repeat(len);
        groups.push(vec![format!("{name}1"), format!("{name}2"), name]);
    }
    groups
}

/// Texts that don't survive every column, driver or parser.
pub(crate) fn odd() -> Vec<String> {
    let texts = [
        "",
        " ",
        " {} ",
        "\t{}\t",
        "{}\n",
        "{}\r\n",
        "a\r\nb",
        "a\rb",
        "\0",
        "a\0b",
        "a\0",
        "\\u0000",
        r#"{"a":"\u0000"}"#,
        r#""\ud800""#,
        r#""\u00e9\/""#,
        "\u{feff}{}",
        "\u{feff}",
        "{\"a\": 1, \"b\": [1, 2]}",
        r#"{"b":1,"a":2,"a":3}"#,
        "1e+5",
        "1E+05",
        "-0.0",
        "-0",
        "1.0",
        "12345678901234567890123",
        "e\u{301}",
        "\u{e9}",
        "\u{212b}",
        "\u{1F600}\u{200D}",
        "\u{FFFF}\u{FFFD}",
        "\u{7f}\u{80}\u{1b}[0m",
        "\u{202E}abc",
        "'",
        "\"",
        "\\",
        "\\n",
        "%",
        "NULL",
        "0x1F",
        "$1",
    ];
    let mut texts: Vec<_> = texts.into_iter().map(str::to_owned).collect();
    // Behind the ends of short columns.
    for len in [33, 65, 129, 256, 300, 1_025, 4_001] {
        texts.push(format!("{}e", "x".repeat(len - 1)));
    }
    texts.push(format!("{}\u{e9}", "x".repeat(255)));
    texts
}
