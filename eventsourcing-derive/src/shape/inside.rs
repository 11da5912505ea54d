//! Looking into types: which are replaced, and which parameters of the type they ask something of.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, Generics, PathArguments, ReturnType, Type};

use crate::names;

/// Calls `visit` for each type directly inside this one.
fn inner(of: &mut Type, visit: &mut dyn FnMut(&mut Type)) {
    match of {
        Type::Array(array) => visit(&mut array.elem),
        Type::Group(group) => visit(&mut group.elem),
        Type::Paren(paren) => visit(&mut paren.elem),
        Type::Reference(reference) => visit(&mut reference.elem),
        Type::Slice(slice) => visit(&mut slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(visit),
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                match &mut segment.arguments {
                    PathArguments::AngleBracketed(arguments) => {
                        for argument in &mut arguments.args {
                            if let GenericArgument::Type(argument) = argument {
                                visit(argument);
                            }
                        }
                    }
                    PathArguments::Parenthesized(arguments) => {
                        let inputs = arguments.inputs.iter_mut();
                        inputs.for_each(|input| visit(&mut input.ty));
                        if let ReturnType::Type(_, output) = &mut arguments.output {
                            visit(output);
                        }
                    }
                    PathArguments::None => {}
                }
            }
        }
        _ => {}
    }
}

/// Replaces every occurrence of `old`, as written; says whether there was one.
pub(super) fn replace(of: &mut Type, old: &Type, new: &Type) -> bool {
    if of == old {
        *of = new.clone();
        return true;
    }
    let mut found = false;
    inner(of, &mut |of| found |= replace(of, old, new));
    found
}

/// The last segment of a path's name.
pub(super) fn last_name(of: &Type) -> Option<String> {
    match ungrouped(of) {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// The standard library's types that rules are about, and the module that each stands in.
const STANDARD: [(&str, &str); 13] = [
    ("Option", "option"),
    ("PhantomData", "marker"),
    ("str", "primitive"),
    ("String", "string"),
    ("Vec", "vec"),
    ("VecDeque", "collections"),
    ("LinkedList", "collections"),
    ("BinaryHeap", "collections"),
    ("BTreeSet", "collections"),
    ("HashSet", "collections"),
    ("BTreeMap", "collections"),
    ("HashMap", "collections"),
    ("OsString", "ffi"),
];

/// Whether a path leads to one of these, as far as a macro can see: an own type in scope under the same name looks alike.
pub(super) fn is_standard(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let is = |name: &str, module: Option<&str>| {
        let mut known = STANDARD.iter();
        known.any(|(own, place)| *own == name && module.is_none_or(|module| module == *place))
    };
    match path.as_slice() {
        [name] => is(name, None),
        ["std" | "core" | "alloc", module, name] => is(name, Some(module)),
        _ => false,
    }
}

/// Whether it is the standard library's `PhantomData`.
pub(super) fn is_phantom(of: &Type) -> bool {
    match ungrouped(of) {
        Type::Path(path) => {
            let segments = path.path.segments.iter();
            let path: Vec<String> = segments.map(|s| names::text(&s.ident)).collect();
            is_standard(&path) && path.last().is_some_and(|name| name == "PhantomData")
        }
        _ => false,
    }
}

/// Types that have values of their arguments in them, as serde knows them.
const CONTAINERS: [&str; 27] = [
    "Arc",
    "BTreeMap",
    "BTreeSet",
    "BinaryHeap",
    "Bound",
    "Box",
    "Cell",
    "Cow",
    "HashMap",
    "HashSet",
    "LinkedList",
    "Mutex",
    "Option",
    "Range",
    "RangeFrom",
    "RangeInclusive",
    "RangeTo",
    "Rc",
    "RefCell",
    "Result",
    "Reverse",
    "RwLock",
    "Saturating",
    "Vec",
    "VecDeque",
    "Weak",
    "Wrapping",
];

/// Whether a type of this name, or `Self`, is or stands in this one, as far as a macro can see: what a type of the user's
/// makes of its arguments (`Id<Order>` has no order in it) is known when a repository is built.
pub(super) fn contains_type(of: &Type, name: &str) -> bool {
    if let Type::Path(path) = of {
        if path.qself.is_some() {
            return false;
        }
        let is_it = |ident: &syn::Ident| ident == "Self" || ident == name;
        if path.path.get_ident().is_some_and(is_it) {
            return true;
        }
        let last = path.path.segments.last();
        if !last.is_some_and(|last| CONTAINERS.contains(&names::text(&last.ident).as_str())) {
            return false;
        }
    }
    let mut found = false;
    inner(&mut of.clone(), &mut |of| found |= contains_type(of, name));
    found
}

/// The type itself: one that comes out of a macro has a group around it.
fn ungrouped(of: &Type) -> &Type {
    match of {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        of => of,
    }
}

/// Whether an `Option<Option<_>>` or an `Option<()>` is or stands in this one.
pub(super) fn has_nested_none(of: &Type) -> bool {
    let of = ungrouped(of);
    let is_option = last_name(of).as_deref() == Some("Option");
    let mut found = false;
    inner(&mut of.clone(), &mut |inside| {
        let inside = ungrouped(inside);
        let is_none = last_name(inside).as_deref() == Some("Option")
            || matches!(inside, Type::Tuple(tuple) if tuple.elems.is_empty());
        found |= (is_option && is_none) || has_nested_none(inside);
    });
    found
}

/// The types to be bounded so that all of these have shapes: parameters, and paths that begin with one. What stands in a
/// `PhantomData` is asked nothing, as by serde.
pub(crate) fn asked_of_parameters(types: &[&Type], generics: &Generics) -> Vec<TokenStream> {
    let parameters: Vec<String> = generics
        .type_params()
        .map(|p| p.ident.to_string())
        .collect();
    let mut asked: Vec<TokenStream> = Vec::new();
    for of in types {
        collect(&mut (*of).clone(), &parameters, &mut |tokens| {
            let known = |other: &TokenStream| other.to_string() == tokens.to_string();
            if !asked.iter().any(known) {
                asked.push(tokens);
            }
        });
    }
    asked
}

fn collect(of: &mut Type, parameters: &[String], add: &mut dyn FnMut(TokenStream)) {
    if let Type::Path(path) = &*of {
        let first = path.path.segments.first().map(|s| s.ident.to_string());
        if path.qself.is_none() && first.is_some_and(|first| parameters.contains(&first)) {
            return add(of.to_token_stream());
        }
        if path.qself.is_some() && mentions(of.to_token_stream(), parameters) {
            return add(of.to_token_stream());
        }
    }
    if last_name(of).as_deref() == Some("PhantomData") {
        return;
    }
    inner(of, &mut |of| collect(of, parameters, add));
}

/// Whether one of these names stands in the tokens.
pub(crate) fn mentions(tokens: TokenStream, names: &[String]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), names),
        TokenTree::Ident(ident) => names.contains(&ident.to_string()),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use syn::{Type, TypeGroup, parse_quote};

    use super::{contains_type, has_nested_none};

    /// As a macro's `$t:ty` comes out.
    fn grouped(of: Type) -> Type {
        Type::Group(TypeGroup {
            attrs: Vec::new(),
            group_token: syn::token::Group::default(),
            elem: Box::new(of),
        })
    }

    #[test]
    fn a_type_contains_itself_in_containers_alone() {
        let inside: [Type; 7] = [
            parse_quote!(Self),
            parse_quote!(Vec<Box<Order>>),
            parse_quote!(std::collections::BTreeMap<u8, [Option<Order>; 2]>),
            parse_quote!((u8, Rc<Order>)),
            parse_quote!(Cow<'static, [Order]>),
            parse_quote!(Result<u8, (Order)>),
            grouped(parse_quote!(Vec<Order>)),
        ];
        for of in inside {
            assert!(contains_type(&of, "Order"), "{of:?}");
        }
        let others: [Type; 5] = [
            parse_quote!(Id<Order>),
            parse_quote!(Vec<Id<Order>>),
            parse_quote!(PhantomData<Order>),
            parse_quote!(BTreeMap<Id<Order>, PhantomData<fn() -> Order>>),
            grouped(parse_quote!(ids::Id<Self>)),
        ];
        for of in others {
            assert!(!contains_type(&of, "Order"), "{of:?}");
        }
    }

    #[test]
    fn an_option_out_of_a_macro_is_one_option() {
        let once: [Type; 3] = [
            grouped(parse_quote!(Option<u8>)),
            grouped(grouped(parse_quote!((Option<u8>)))),
            parse_quote!(Vec<(Option<u8>)>),
        ];
        for of in once {
            assert!(!has_nested_none(&of), "{of:?}");
        }
        let inner = grouped(parse_quote!(Option<u8>));
        let unit = grouped(parse_quote!(()));
        let twice: [Type; 4] = [
            parse_quote!(Option<#inner>),
            grouped(parse_quote!(Option<#inner>)),
            parse_quote!(Vec<Option<#unit>>),
            parse_quote!(Option<(Option<u8>)>),
        ];
        for of in twice {
            assert!(has_nested_none(&of), "{of:?}");
        }
    }
}
