//! Edits of types inside the state's fields, however deep.

use super::{ANY, Begun, Program, SELF_DESCRIBING, Went, changed};

edit!(a_field_of_a_field_is_added
    { before { inner: Inner } |n| { inner: Inner { a: n } } with { struct Inner { a: u8 } } }
    { after { inner: Inner } |n| { inner: Inner { a: n, b: 1 } } with { struct Inner { a: u8, b: u8 } } });

edit!(a_field_of_a_field_is_removed
    { before { inner: Inner } |n| { inner: Inner { a: n, b: 1 } } with { struct Inner { a: u8, b: u8 } } }
    { after { inner: Inner } |n| { inner: Inner { a: n } } with { struct Inner { a: u8 } } });

edit!(a_field_of_a_field_is_renamed
    { before { inner: Inner } |n| { inner: Inner { a: n } } with { struct Inner { a: u8 } } }
    { after { inner: Inner } |n| { inner: Inner { b: n + 1 } } with { struct Inner { b: u8 } } });

edit!(a_field_of_a_field_is_retyped
    { before { inner: Inner } |n| { inner: Inner { a: n } } with { struct Inner { a: u8 } } }
    { after { inner: Inner } |_| { inner: Inner { a: -1 } } with { struct Inner { a: i8 } } });

edit!(two_fields_of_a_field_are_swapped
    { before { inner: Inner } |n| { inner: Inner { a: n, b: 1 } } with { struct Inner { a: u8, b: u8 } } }
    { after { inner: Inner } |n| { inner: Inner { b: 1, a: n } } with { struct Inner { b: u8, a: u8 } } });

edit!(a_newtype_is_retyped
    { before { a: Meters } |n| { a: Meters(n) } with { struct Meters(u8); } }
    { after { a: Feet } |n| { a: Feet(n * 3) } with { struct Feet(u8); } });

edit!(a_newtypes_content_is_retyped
    { before { a: Meters } |n| { a: Meters(n) } with { struct Meters(u8); } }
    { after { a: Meters } |_| { a: Meters(-2) } with { struct Meters(i8); } });

edit!(a_newtype_is_added
    { before { a: u8 } |n| { a: n } }
    { after { a: Meters } |n| { a: Meters(n + 1) } with { struct Meters(u8); } });

edit!(deep_in_a_map_of_options_of_lists
{
    before { a: BTreeMap<u8, Option<Vec<Inner>>> }
    |n| { a: [(1, Some(vec![Inner { a: n, b: 2 }]))].into() }
    with { struct Inner { a: u8, b: u8 } }
}
{
    after { a: BTreeMap<u8, Option<Vec<Inner>>> }
    |n| { a: [(1, Some(vec![Inner { b: 2, a: n }]))].into() }
    with { struct Inner { b: u8, a: u8 } }
});

edit!(behind_pointers
{
    before { a: Box<(Box<u8>, Cell)> } |n| { a: Box::new((Box::new(n), Cell { a: n })) }
    with { struct Cell { a: u8 } }
}
{
    after { a: Box<(Box<u8>, Cell)> } |n| { a: Box::new((Box::new(n), Cell { b: 0 })) }
    with { struct Cell { b: u8 } }
});

edit!(a_key_of_a_set
    { before { a: BTreeSet<Key> } |n| { a: [Key { a: n, b: 1 }].into() } with { struct Key { a: u8, b: u8 } } }
    { after { a: BTreeSet<Key> } |n| { a: [Key { b: n, a: 1 }].into() } with { struct Key { b: u8, a: u8 } } });

edit!(a_generic_argument
{
    before { a: Page<Item> } |n| { a: Page { items: vec![Item { a: n, b: 1 }] } }
    with { struct Page<T> { items: Vec<T> } struct Item { a: u8, b: u8 } }
}
{
    after { a: Page<Item> } |n| { a: Page { items: vec![Item { b: n, a: 1 }] } }
    with { struct Page<T> { items: Vec<T> } struct Item { b: u8, a: u8 } }
});

edit!(another_generic_argument
    { before { a: Page<u8> } |n| { a: Page { items: vec![n] } } with { struct Page<T> { items: Vec<T> } } }
    { after { a: Page<i8> } |_| { a: Page { items: vec![-1] } } with { struct Page<T> { items: Vec<T> } } });

json_edit!(a_recursive_type
{
    before { a: Json } |n| { a: Json::List(vec![Json::Number(n), Json::List(vec![])]) }
    with { enum Json { Null, Number(u8), List(Vec<Json>) } }
}
{
    after { a: Json } |n| { a: Json::List(vec![Json::Number((n + 1).into()), Json::Null]) }
    with { enum Json { Null, Number(u16), List(Vec<Json>) } }
});

json_edit!(the_end_of_a_circle
{
    before { a: Folder } |n| { a: Folder { files: vec![File { size: n, links: vec![] }] } }
    with { struct Folder { files: Vec<File> } struct File { size: u8, links: Vec<Folder> } }
}
{
    after { a: Folder } |n| { a: Folder { files: vec![File { size: n, links: None }] } }
    with { struct Folder { files: Vec<File> } struct File { size: u8, links: Option<Box<Folder>> } }
});

// Which of two types is meant isn't said by names: both are an `Item`.
edit!(a_type_of_the_same_name
{
    before { a: Item, b: other::Item } |n| { a: Item { a: n }, b: other::Item { b: 1 } }
    with { struct Item { a: u8 } }
}
{
    after { a: other::Item, b: Item } |n| { a: other::Item { b: n }, b: Item { a: 1 } }
    with { struct Item { a: u8 } }
});

mod other {
    data!(
        struct Item {
            pub(crate) b: u8,
        }
    );
}
