//! Edits of the state's own fields.

use super::{ANY, Begun, Program, Went, changed};

edit!(a_field_is_added
    { before { a: u8 } |n| { a: n } }
    { after { a: u8, b: u8 } |n| { a: n, b: 0 } });

edit!(a_field_is_removed
    { before { a: u8, b: u8 } |n| { a: n, b: 1 } }
    { after { a: u8 } |n| { a: n } });

edit!(a_field_is_renamed
    { before { a: u8 } |n| { a: n } }
    { after { b: u8 } |n| { b: n + 1 } });

edit!(two_of_one_type_are_swapped
    { before { a: u8, b: u8 } |n| { a: n, b: 0 } }
    { after { b: u8, a: u8 } |n| { b: 0, a: n } });

edit!(two_names_are_swapped
    { before { bought: u8, sold: u8 } |n| { bought: n, sold: 0 } }
    { after { sold: u8, bought: u8 } |n| { sold: n, bought: 1 } });

edit!(u32_becomes_u64
    { before { a: u32 } |n| { a: n.into() } }
    { after { a: u64 } |n| { a: n.into() } });

edit!(u32_becomes_i32
    { before { a: u32 } |n| { a: n.into() } }
    { after { a: i32 } |n| { a: -i32::from(n) } });

edit!(i64_becomes_f64
    { before { a: i64 } |n| { a: n.into() } }
    { after { a: f64 } |n| { a: n.into() } });

edit!(a_number_becomes_a_text
    { before { a: u64 } |n| { a: n.into() } }
    { after { a: String } |n| { a: n.to_string() } });

edit!(a_text_becomes_a_uuid
    { before { a: String } |_| { a: uuid::Uuid::nil().to_string() } }
    { after { a: uuid::Uuid } |_| { a: uuid::Uuid::max() } });

edit!(an_option_is_added
    { before { a: u8 } |n| { a: n } }
    { after { a: Option<u8> } |n| { a: Some(n) } });

edit!(an_option_is_removed
    { before { a: Option<u8> } |n| { a: Some(n) } }
    { after { a: u8 } |n| { a: n } });

edit!(a_tuple_is_reordered
    { before { a: (u8, bool) } |n| { a: (n, true) } }
    { after { a: (bool, u8) } |n| { a: (true, n) } });

edit!(a_tuple_is_longer
    { before { a: (u8, u8), b: u8 } |n| { a: (n, 1), b: 2 } }
    { after { a: (u8,), b: (u8, u8) } |n| { a: (n,), b: (2, 1) } });

edit!(an_array_is_longer
    { before { a: [u8; 2], b: [u8; 3] } |n| { a: [n; 2], b: [1; 3] } }
    { after { a: [u8; 3], b: [u8; 2] } |n| { a: [n; 3], b: [1; 2] } });

edit!(an_array_becomes_a_list
    { before { a: [u8; 2] } |n| { a: [n; 2] } }
    { after { a: Vec<u8> } |n| { a: vec![n] } });

edit!(a_maps_key_is_retyped
    { before { a: BTreeMap<u8, u8> } |n| { a: [(n, 1)].into() } }
    { after { a: BTreeMap<i8, u8> } |n| { a: [(-1, n)].into() } });

edit!(a_maps_value_is_retyped
    { before { a: HashMap<String, u8> } |n| { a: [("a".to_owned(), n)].into() } }
    { after { a: HashMap<String, i8> } |_| { a: [("a".to_owned(), -3)].into() } });

edit!(a_list_becomes_a_set
    { before { a: Vec<u8> } |n| { a: vec![n, n] } }
    { after { a: HashSet<u8> } |n| { a: [n].into() } });

edit!(a_list_becomes_a_queue
    { before { a: Vec<u8> } |n| { a: vec![n, 1] } }
    { after { a: VecDeque<u8> } |n| { a: [1, n].into() } });

edit!(a_timestamp_becomes_a_number
    { before { a: eventsourcing::Timestamp } |_| { a: eventsourcing::Timestamp::default() } }
    { after { a: i64 } |n| { a: n.into() } });

edit!(utc_becomes_an_offset
    { before { a: chrono::DateTime<chrono::Utc> } |_| { a: chrono::DateTime::default() } }
    { after { #[schema(trusted)] a: chrono::DateTime<chrono::FixedOffset> } |_| { a: chrono::DateTime::default() } });

edit!(a_date_and_time_becomes_a_date
    { before { a: chrono::NaiveDateTime } |_| { a: chrono::NaiveDateTime::default() } }
    { after { a: chrono::NaiveDate } |_| { a: chrono::NaiveDate::default() } });

edit!(a_value_is_skipped_from_now_on
    { before { a: u8, b: u8 } |n| { a: n, b: 1 } }
    { after { a: u8, #[serde(skip)] #[schema(trusted)] b: u8 } |n| { a: n, b: 0 } });
