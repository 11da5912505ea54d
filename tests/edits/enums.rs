//! Edits of enums.

use super::{ANY, Begun, Program, Went, changed};

edit!(a_variant_is_added_in_the_middle
    { before { a: Kind } |_| { a: Kind::Last } with { enum Kind { First, Last } } }
    { after { a: Kind } |_| { a: Kind::Last } with { enum Kind { First, New, Last } } });

edit!(a_variant_is_added_at_the_end
    { before { a: Kind } |_| { a: Kind::First } with { enum Kind { First, Last } } }
    { after { a: Kind } |_| { a: Kind::New } with { enum Kind { First, Last, New } } });

edit!(a_variant_is_removed
    { before { a: Kind } |_| { a: Kind::Last } with { enum Kind { First, Gone, Last } } }
    { after { a: Kind } |_| { a: Kind::Last } with { enum Kind { First, Last } } });

edit!(a_variant_is_renamed
    { before { a: Kind } |_| { a: Kind::Bought } with { enum Kind { Bought, Sold } } }
    { after { a: Kind } |_| { a: Kind::Given } with { enum Kind { Bought, Given } } });

edit!(variants_are_reordered
    { before { a: Kind } |_| { a: Kind::Bought } with { enum Kind { Bought, Sold } } }
    { after { a: Kind } |_| { a: Kind::Bought } with { enum Kind { Sold, Bought } } });

edit!(a_unit_becomes_a_newtype
    { before { a: Kind, b: u8 } |n| { a: Kind::One, b: n } with { enum Kind { One, Two } } }
    { after { a: Kind, b: u8 } |n| { a: Kind::One(n), b: 0 } with { enum Kind { One(u8), Two } } });

edit!(a_newtype_becomes_a_struct
    { before { a: Kind } |n| { a: Kind::One(n) } with { enum Kind { One(u8), Two } } }
    { after { a: Kind } |n| { a: Kind::One { b: n + 1 } } with { enum Kind { One { b: u8 }, Two } } });

edit!(a_unit_becomes_an_empty_struct
    { before { a: Kind } |_| { a: Kind::One } with { enum Kind { One, Two } } }
    { after { a: Kind } |_| { a: Kind::One {} } with { enum Kind { One {}, Two } } });

edit!(fields_of_a_variant_are_swapped
    { before { a: Kind } |n| { a: Kind::One { b: n, c: 1 } } with { enum Kind { One { b: u8, c: u8 } } } }
    { after { a: Kind } |n| { a: Kind::One { b: n, c: 1 } } with { enum Kind { One { c: u8, b: u8 } } } });

edit!(a_tuple_variant_is_retyped
    { before { a: Kind } |n| { a: Kind::One(n, true) } with { enum Kind { One(u8, bool) } } }
    { after { a: Kind } |n| { a: Kind::One(true, n) } with { enum Kind { One(bool, u8) } } });

edit!(a_variants_field_is_retyped
    { before { a: Kind } |n| { a: Kind::One { b: n } } with { enum Kind { One { b: u8 } } } }
    { after { a: Kind } |_| { a: Kind::One { b: -5 } } with { enum Kind { One { b: i8 } } } });

edit!(a_struct_becomes_an_enum
    { before { a: Kind } |_| { a: Kind { one: 0 } } with { struct Kind { one: u8 } } }
    { after { a: Kind } |_| { a: Kind::One } with { enum Kind { One } } });
