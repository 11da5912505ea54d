//! The expansions of some inputs, as files of `golden/`: what the derives write, for a reader, and no change unseen.
//!
//! `UPDATE_GOLDEN=1 cargo test -p eventsourcing-derive` rewrites them.

use std::{env, fs, path::Path};

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_quote};

use crate::expand;

fn check(name: &str, input: &DeriveInput, expanded: TokenStream) {
    let file: syn::File = syn::parse2(expanded).expect("an expansion is a list of items");
    let source: syn::File = parse_quote!(#input);
    let shown = format!(
        "// From\n\n{}\n// follows\n\n{}",
        prettyplease::unparse(&source),
        prettyplease::unparse(&file)
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/{name}.rs"));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, shown).expect("the folder `golden` is writable");
        return;
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == shown,
        "the expansion differs from golden/{name}.rs; UPDATE_GOLDEN=1 rewrites it. It is now:\n{shown}"
    );
}

fn names(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => names(group.stream(), name),
        proc_macro2::TokenTree::Ident(ident) => ident == name,
        _ => false,
    })
}

fn order() -> DeriveInput {
    parse_quote! {
        #[derive(Aggregate)]
        #[aggregate(
            id = Uuid,
            create(OrderCreated),
            events(ItemAdded, basket::ItemAdded as basket_item_added),
            discard(OrderDiscarded),
            legacy(old::OrderPlaced),
            retired("ItemSeen"),
        )]
        pub struct Order {
            customer: String,
            items: Vec<Item>,
        }
    }
}

#[test]
fn aggregate() {
    let input = order();
    check("aggregate", &input, expand::aggregate(&input));
}

#[test]
fn aggregate_with_everything_given() {
    let input = parse_quote! {
        #[derive(Aggregate)]
        #[aggregate(
            name = "lamp",
            id = LampId,
            schema_version = 3,
            snapshot_codec = Json,
            create(Installed<u32>),
            handlers(vis = pub(crate), name = Switch),
            event = Happening,
            event_derive(PartialEq, Serialize),
            crate = ::renamed,
        )]
        pub(crate) enum r#Lamp {
            Off,
            On { level: u32 },
        }
    };
    let expanded = expand::aggregate(&input);
    assert!(names(expanded.clone(), "renamed"));
    assert!(!names(expanded.clone(), "eventsourcing"));
    check("aggregate_with_everything_given", &input, expanded);
}

/// One error, in the place of the id, and everything else as it would be.
#[test]
fn aggregate_with_a_mistake() {
    let input = parse_quote! {
        #[derive(Aggregate)]
        #[aggregate(create(Opened))]
        struct Account;
    };
    check(
        "aggregate_with_a_mistake",
        &input,
        expand::aggregate(&input),
    );
}

#[test]
fn event() {
    let input = parse_quote! {
        #[derive(Event)]
        #[event(name = "noted", alias = "Noted", crate = ::renamed)]
        pub struct Noted<T>(T) where T: Copy;
    };
    let expanded = expand::event(&input);
    assert!(!names(expanded.clone(), "eventsourcing"));
    check("event", &input, expanded);
}

#[test]
fn event_with_an_older_version() {
    let input = parse_quote! {
        #[derive(Event)]
        #[event(name = "item-added", version = 2, upcast(old::ItemAddedV1))]
        pub struct ItemAdded {
            sku: String,
            quantity: u32,
        }
    };
    check("event_with_an_older_version", &input, expand::event(&input));
}

/// Its parameters are those of the older version too.
#[test]
fn event_with_parameters_and_an_older_version() {
    let input = parse_quote! {
        #[derive(Event)]
        #[event(name = "noted", version = 3, upcast(NotedV2<T>), crate = ::renamed)]
        pub struct Noted<T>(T, u32) where T: Copy;
    };
    let expanded = expand::event(&input);
    assert!(!names(expanded.clone(), "eventsourcing"));
    check(
        "event_with_parameters_and_an_older_version",
        &input,
        expanded,
    );
}

#[test]
fn aggregate_id() {
    let input = parse_quote! {
        #[derive(AggregateId)]
        #[aggregate_id(crate = ::renamed)]
        pub struct OrderId(Uuid);
    };
    let expanded = expand::aggregate_id(&input);
    assert!(!names(expanded.clone(), "eventsourcing"));
    check("aggregate_id", &input, expanded);
}
