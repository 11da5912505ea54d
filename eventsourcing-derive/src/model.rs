//! The validated picture: what the expansions write code from. Every rule about an input as a whole is kept here.

pub(crate) mod evolution;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Field, Generics, Index, LitStr, Member, Path, Type, Visibility,
    spanned::Spanned,
};

use self::evolution::Legacy;
use crate::{
    attr::{self, AggregateAttr, EventAttr, IdAttr, Listing, Stage},
    names,
    validate::Mistakes,
};

/// An aggregate, complete: where the input was not, with something that causes no further errors.
#[derive(Debug)]
pub(crate) struct Aggregate {
    pub(crate) krate: Path,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    /// No union: that was reported as a mistake, and can't have the traits that an aggregate needs.
    pub(crate) is_storable: bool,
    /// Empty, unless they were reported as a mistake.
    pub(crate) generics: Generics,
    pub(crate) name: String,
    pub(crate) id: Id,
    pub(crate) schema_version: u32,
    pub(crate) snapshot_codec: Option<Type>,
    pub(crate) fields: Vec<String>,
    pub(crate) events: Vec<Event>,
    pub(crate) legacy: Vec<Legacy>,
    pub(crate) retired: Vec<LitStr>,
    pub(crate) event_enum: Ident,
    pub(crate) event_derive: Vec<Path>,
    pub(crate) handlers: Ident,
    pub(crate) handlers_vis: Visibility,
}

/// The type of an aggregate's id.
#[derive(Debug)]
pub(crate) enum Id {
    Given(Box<Type>),
    /// Missing or unreadable, which is among the mistakes: an alias stands in for it.
    Broken(Ident),
}

impl ToTokens for Id {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Given(given) => given.to_tokens(tokens),
            Self::Broken(alias) => alias.to_tokens(tokens),
        }
    }
}

/// An event of an aggregate, with the names that follow from its place in a list.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) stage: Stage,
    pub(crate) path: Path,
    pub(crate) variant: Ident,
    pub(crate) handler: Ident,
    /// An alias of the type, with the span of the path's last segment.
    pub(crate) alias: Ident,
    /// A function that returns what can be done with the type.
    pub(crate) listed: Ident,
}

impl Event {
    /// The token to blame for whatever is wrong with the event.
    pub(crate) fn span(&self) -> Span {
        self.alias.span()
    }

    /// Calls a method of the runtime's `Listed` for this type.
    pub(crate) fn call(
        &self,
        aggregate: &Aggregate,
        method: &TokenStream,
        values: &TokenStream,
    ) -> TokenStream {
        let (private, listed) = (aggregate.private(), &self.listed);
        quote_spanned!(self.span()=> #private::Listed::#method(#listed().1, #values))
    }
}

impl Aggregate {
    pub(crate) fn read(input: &DeriveInput, mistakes: &Mistakes) -> Self {
        let attr = AggregateAttr::read(&input.attrs, mistakes);
        refuse_parameters(&input.generics, mistakes);
        refuse_inner_attributes(&input.data, "aggregate", mistakes);
        if let Data::Union(union) = &input.data {
            let error = "an aggregate is a struct or an enum: a union can't be stored";
            mistakes.at(union.union_token.span, error);
        }
        let ident = &input.ident;
        let name = names::text(ident);
        require_id_and_create(&attr, ident, mistakes);
        let events = named_events(&attr.lists, ident, mistakes);
        let (event_enum, handlers) = new_names(&attr, ident, &events, mistakes);
        let id = match attr.id {
            Some(given) => Id::Given(Box::new(given)),
            None => Id::Broken(format_ident!("__{ident}Id")),
        };
        Self {
            krate: attr.krate,
            vis: input.vis.clone(),
            is_storable: !matches!(input.data, Data::Union(_)),
            ident: ident.clone(),
            generics: input.generics.clone(),
            name: attr
                .name
                .map_or_else(|| names::snake(&name), |given| given.value()),
            id,
            schema_version: attr.schema_version.unwrap_or(1),
            snapshot_codec: attr.snapshot_codec,
            fields: attr::field_names(input),
            legacy: evolution::legacy(&attr.legacy, ident, &events, mistakes),
            retired: attr.retired,
            events,
            event_enum,
            event_derive: attr.event_derive,
            handlers,
            handlers_vis: attr.handlers_vis.unwrap_or(Visibility::Inherited),
        }
    }

    /// The items of the runtime crate that are for generated code only.
    pub(crate) fn private(&self) -> TokenStream {
        let krate = &self.krate;
        quote!(#krate::__private)
    }

    pub(crate) fn events_of(&self, stage: Stage) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.stage == stage)
    }
}

fn require_id_and_create(attr: &AggregateAttr, ident: &Ident, mistakes: &Mistakes) {
    let Some(place) = attr.place else {
        let error = format!(
            "`{ident}` says nothing about its id and its events: add `#[aggregate(id = Uuid, create(...), events(...))]`"
        );
        mistakes.on(ident, error);
        return;
    };
    if !attr.has_id {
        let error = "an aggregate needs the type of its id: add `id = ...`, as in `id = Uuid`";
        mistakes.at(place, error);
    }
    if !attr.has_create {
        let error = "an aggregate is brought into being by an event, and none is listed: add `create(...)` with at least one, as in `create(OrderCreated)`";
        mistakes.at(place, error);
    }
}

/// The names of the event enum and of the handler trait; the default ones where those given are taken.
fn new_names(
    attr: &AggregateAttr,
    ident: &Ident,
    events: &[Event],
    mistakes: &Mistakes,
) -> (Ident, Ident) {
    let free = |key: &str, given: &Option<Ident>, default: Ident| match given {
        Some(given)
            if given == ident
                || events.iter().any(|e| e.path.is_ident(given))
                || attr.legacy.iter().any(|path| path.is_ident(given)) =>
        {
            let error = format!(
                "`{given}` is the name of a type already: choose another, or leave `{key}` out for `{default}`"
            );
            mistakes.at(given.span(), error);
            default
        }
        given => given.clone().unwrap_or(default),
    };
    let event_enum = free("event", &attr.event, format_ident!("{ident}Event"));
    let default = format_ident!("{ident}Handlers");
    let handlers = free("handlers(name = ...)", &attr.handlers_name, default);
    if event_enum == handlers {
        let error =
            format!("`{handlers}` names the event enum already: choose another name for the trait");
        mistakes.at(handlers.span(), error);
        return (event_enum, format_ident!("__{ident}Handlers"));
    }
    (event_enum, handlers)
}

fn refuse_parameters(generics: &Generics, mistakes: &Mistakes) {
    if let Some(first) = generics.params.first() {
        let (what, name) = match first {
            syn::GenericParam::Type(of) => ("type", names::shown(&of.ident)),
            syn::GenericParam::Const(of) => ("const", names::shown(&of.ident)),
            syn::GenericParam::Lifetime(of) => ("lifetime", names::shown(&of.lifetime)),
        };
        let error = format!(
            "an aggregate has no parameters, and `{name}` is a {what} parameter: two instantiations would share their streams; write a type for each"
        );
        match first {
            syn::GenericParam::Type(of) => mistakes.at(of.ident.span(), error),
            syn::GenericParam::Const(of) => mistakes.at(of.ident.span(), error),
            syn::GenericParam::Lifetime(of) => mistakes.at(of.lifetime.span(), error),
        }
    }
}

/// rustc accepts a derive's attribute on fields and variants, where it says nothing.
fn refuse_inner_attributes(data: &Data, name: &str, mistakes: &Mistakes) {
    let refuse = |attributes: &[Attribute]| {
        for attribute in attributes.iter().filter(|a| a.path().is_ident(name)) {
            let error =
                format!("`#[{name}(...)]` belongs to the type: move it above the struct or enum");
            mistakes.at(attribute.path().span(), error);
        }
    };
    let refuse_on_fields = |fields: &syn::Fields| fields.iter().for_each(|f| refuse(&f.attrs));
    match data {
        Data::Struct(data) => refuse_on_fields(&data.fields),
        Data::Enum(data) => {
            for variant in &data.variants {
                refuse(&variant.attrs);
                refuse_on_fields(&variant.fields);
            }
        }
        Data::Union(_) => {}
    }
}

/// Gives each listing its variant and handler, and leaves out what is listed twice.
fn named_events(lists: &[Listing], aggregate: &Ident, mistakes: &Mistakes) -> Vec<Event> {
    let mut listings: Vec<Listing> = Vec::new();
    // In the order of the stages, whatever the order in which the lists were written.
    for stage in Stage::ALL {
        for listing in lists.iter().filter(|l| l.stage == stage) {
            let path = &listing.path;
            let shown = names::shown(path);
            if path.is_ident(aggregate) || path.is_ident("Self") {
                let error = format!(
                    "`{shown}` is the aggregate itself, which can't be its own event: list the events' types"
                );
                mistakes.on(path, error);
            } else if let Some(other) = listings.iter().find(|other| is_same(&other.path, path)) {
                mistakes.on(path, listed_twice(&shown, other.stage, stage));
            } else {
                listings.push(listing.clone());
            }
        }
    }
    let mut events: Vec<Event> = Vec::new();
    for listing in listings {
        if let Some(event) = named_event(&listing, events.len(), mistakes) {
            if let Some(other) = events.iter().find(|other| clash(other, &event)) {
                mistakes.on(&listing.path, name_taken(&event, other));
            } else {
                events.push(event);
            }
        }
    }
    events
}

/// As far as a macro can see: `self::ItemAdded` is `ItemAdded`.
fn is_same(one: &Path, other: &Path) -> bool {
    let from_here = |path: &Path| {
        let segments = path.segments.iter().cloned();
        let segments: Vec<_> = segments.skip_while(|s| s.ident == "self").collect();
        (path.leading_colon.is_some(), segments)
    };
    from_here(one) == from_here(other)
}

fn listed_twice(event: &str, first: Stage, second: Stage) -> String {
    if first == second {
        let key = first.key();
        return format!("`{event}` is listed twice in `{key}(...)`: keep one");
    }
    let (first, second) = (first.key(), second.key());
    format!(
        "`{event}` is listed in both `{first}(...)` and `{second}(...)`: an event stands in one list, keep it there"
    )
}

fn named_event(listing: &Listing, place: usize, mistakes: &Mistakes) -> Option<Event> {
    let last = listing.path.segments.last()?;
    let (variant, handler) = match &listing.handler {
        Some(handler) => {
            let variant = names::upper_camel(&names::text(handler));
            (variant, names::text(handler))
        }
        None => (
            names::text(&last.ident),
            names::snake(&names::text(&last.ident)),
        ),
    };
    let span = listing.handler.as_ref().unwrap_or(&last.ident).span();
    let identifier = |name: &str| {
        let found = names::identifier(name, span);
        if found.is_none() {
            let shown = names::shown(&listing.path);
            let error = format!(
                "`{name}` can't be a name in the generated code: name the handler, as in `{shown} as some_name`"
            );
            mistakes.on(&listing.path, error);
        }
        found
    };
    Some(Event {
        stage: listing.stage,
        path: listing.path.clone(),
        handler: identifier(&handler)?,
        variant: identifier(&variant)?,
        alias: Ident::new(&format!("__E{place}"), last.ident.span()),
        listed: Ident::new(&format!("__e{place}"), last.ident.span()),
    })
}

/// Whether two events would have the same variant, or the same handler where both have one.
fn clash(one: &Event, other: &Event) -> bool {
    let handled = one.stage != Stage::Discard && other.stage != Stage::Discard;
    one.variant == other.variant || (handled && one.handler == other.handler)
}

fn name_taken(event: &Event, other: &Event) -> String {
    let (shown, taken_by) = (names::shown(&event.path), names::shown(&other.path));
    let (what, name) = if event.variant == other.variant {
        ("variant", &event.variant)
    } else {
        ("handler", &event.handler)
    };
    let handler = names::text(&event.handler);
    let module = event.path.segments.iter().rev().nth(1);
    let better = match module.map(|segment| names::snake(&names::text(&segment.ident))) {
        Some(module) if !matches!(module.as_str(), "self" | "super" | "crate") => {
            format!("{module}_{handler}")
        }
        _ => format!("other_{handler}"),
    };
    format!(
        "`{shown}` would get the {what} `{name}`, which `{taken_by}` has: name its handler, as in `{shown} as {better}`"
    )
}

/// An event type.
#[derive(Debug)]
pub(crate) struct EventType {
    pub(crate) krate: Path,
    /// No union: that was reported as a mistake.
    pub(crate) is_storable: bool,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) version: u32,
    /// The event of the version before.
    pub(crate) older: Option<Path>,
}

impl EventType {
    pub(crate) fn read(input: &DeriveInput, mistakes: &Mistakes) -> Self {
        let attr = EventAttr::read(&input.attrs, mistakes);
        refuse_inner_attributes(&input.data, "event", mistakes);
        if let Data::Union(union) = &input.data {
            let error = "an event is a struct or an enum: a union can't be stored";
            mistakes.at(union.union_token.span, error);
        }
        if let Some(first) = input.generics.lifetimes().next() {
            let name = names::shown(&first.lifetime);
            let error = format!(
                "an event owns what it says, and `{name}` is a borrow: use owned types, such as `String` instead of `&str`"
            );
            mistakes.on(&first.lifetime, error);
        }
        let given = attr.name.as_ref().map(LitStr::value);
        let name = given.unwrap_or_else(|| names::text(&input.ident));
        let older = evolution::older(&attr, &input.ident, &name, mistakes);
        let mut aliases: Vec<String> = Vec::new();
        for alias in attr.aliases {
            let text = alias.value();
            if text == name {
                let error = format!("the alias `{text}` is the event's name already: leave it out");
                mistakes.on(&alias, error);
            } else if aliases.contains(&text) {
                mistakes.on(
                    &alias,
                    format_args!("the alias `{text}` is written twice: keep one"),
                );
            } else {
                aliases.push(text);
            }
        }
        Self {
            krate: attr.krate,
            is_storable: !matches!(input.data, Data::Union(_)),
            ident: input.ident.clone(),
            generics: input.generics.clone(),
            name,
            aliases,
            version: attr.version.unwrap_or(1),
            older,
        }
    }
}

/// A newtype of an id.
#[derive(Debug)]
pub(crate) struct IdType {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    /// The one field: its name or 0, and its type. `None` if that was reported as a mistake.
    pub(crate) inner: Option<(Member, Type)>,
}

impl IdType {
    pub(crate) fn read(input: &DeriveInput, mistakes: &Mistakes) -> Self {
        let ident = &input.ident;
        let rule =
            format!("an id derives from the one field of a newtype: write `struct {ident}(Uuid);`");
        let inner = match &input.data {
            Data::Struct(data) => {
                let fields: Vec<&Field> = data.fields.iter().collect();
                if let [field] = fields.as_slice() {
                    let member = match &field.ident {
                        Some(name) => Member::Named(name.clone()),
                        None => Member::Unnamed(Index::from(0)),
                    };
                    Some((member, field.ty.clone()))
                } else {
                    let error = format!("`{ident}` has {} fields: {rule}", fields.len());
                    mistakes.on(ident, error);
                    None
                }
            }
            Data::Enum(data) => {
                mistakes.at(
                    data.enum_token.span,
                    format_args!("`{ident}` is an enum: {rule}"),
                );
                None
            }
            Data::Union(data) => {
                mistakes.at(
                    data.union_token.span,
                    format_args!("`{ident}` is a union: {rule}"),
                );
                None
            }
        };
        Self {
            krate: IdAttr::read(&input.attrs, mistakes).krate,
            ident: ident.clone(),
            generics: input.generics.clone(),
            inner,
        }
    }
}
