//! `#[aggregate(…)]`: what was written, each value with its span. A new key of aggregates begins here.

use proc_macro2::{Ident, Span};
use syn::{
    Attribute, LitStr, Path, PathArguments, Token, Type, Visibility, ext::IdentExt,
    parse::ParseStream, spanned::Spanned,
};

use super::{
    Extent, Form, Key, default_crate, evolution, expect_comma, read_attribute, read_keys, skip,
    value,
};
use crate::{names, validate::Mistakes};

/// The lists that an event may stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Create,
    Change,
    Discard,
}

impl Stage {
    pub(crate) const ALL: [Self; 3] = [Self::Create, Self::Change, Self::Discard];

    /// The list's key.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "events",
            Self::Discard => "discard",
        }
    }
}

/// One item of a list: `path` or `path as handler`.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) stage: Stage,
    pub(crate) path: Path,
    pub(crate) handler: Option<Ident>,
}

/// What `#[aggregate(…)]` says.
#[derive(Debug)]
pub(crate) struct AggregateAttr {
    /// The attribute's own name, if it is there and says anything.
    pub(crate) place: Option<Span>,
    pub(crate) name: Option<LitStr>,
    /// `None` if it is not there, or no type.
    pub(crate) id: Option<Type>,
    pub(crate) has_id: bool,
    pub(crate) schema_version: Option<u32>,
    pub(crate) snapshot_codec: Option<Type>,
    pub(crate) lists: Vec<Listing>,
    /// Whether `create(…)` was written, also if nothing in it could be read.
    pub(crate) has_create: bool,
    pub(crate) legacy: Vec<Path>,
    pub(crate) retired: Vec<LitStr>,
    pub(crate) handlers_vis: Option<Visibility>,
    pub(crate) handlers_name: Option<Ident>,
    pub(crate) event: Option<Ident>,
    pub(crate) event_derive: Vec<Path>,
    pub(crate) krate: Path,
}

const KEYS: &[Key] = &[
    Key::new("name", Form::Value, "name = \"order\""),
    Key::new("id", Form::Value, "id = Uuid"),
    Key::new("schema_version", Form::Value, "schema_version = 2"),
    Key::new(
        "snapshot_codec",
        Form::Value,
        "snapshot_codec = eventsourcing::codec::Json",
    ),
    Key::new("create", Form::List, "create(OrderCreated)"),
    Key::new("events", Form::List, "events(ItemAdded, OrderSubmitted)"),
    Key::new("discard", Form::List, "discard(OrderDiscarded)"),
    Key::new("legacy", Form::List, "legacy(OrderPlaced)"),
    Key::new("retired", Form::List, "retired(\"ItemSeen\")"),
    Key::new(
        "handlers",
        Form::List,
        "handlers(vis = pub(crate), name = Mutator)",
    ),
    Key::new("event", Form::Value, "event = OrderEvent"),
    Key::new("event_derive", Form::List, "event_derive(PartialEq)"),
    Key::new("crate", Form::Value, "crate = ::eventsourcing"),
];

const HANDLER_KEYS: &[Key] = &[
    Key::new("vis", Form::Value, "handlers(vis = pub(crate))"),
    Key::new("name", Form::Value, "handlers(name = Mutator)"),
];

impl AggregateAttr {
    pub(crate) fn read(attributes: &[Attribute], mistakes: &Mistakes) -> Self {
        let mut attr = Self {
            place: None,
            name: None,
            id: None,
            has_id: false,
            schema_version: None,
            snapshot_codec: None,
            lists: Vec::new(),
            has_create: false,
            legacy: Vec::new(),
            retired: Vec::new(),
            handlers_vis: None,
            handlers_name: None,
            event: None,
            event_derive: Vec::new(),
            krate: default_crate(),
        };
        attr.place = read_attribute(attributes, "aggregate", mistakes, |input| {
            let seen = read_keys(input, KEYS, mistakes, |key, ident, stream, extent| {
                attr.read_key(key, ident, stream, extent, mistakes)
            });
            attr.has_id |= seen.contains(&"id");
            attr.has_create |= seen.contains(&"create");
        });
        attr
    }

    fn read_key(
        &mut self,
        key: &'static str,
        ident: &Ident,
        input: ParseStream<'_>,
        extent: Extent,
        mistakes: &Mistakes,
    ) -> syn::Result<()> {
        match key {
            "name" => self.name = value::stored_name(input, key, mistakes)?,
            "id" => self.id = Some(value::type_of(input, key, "Uuid", mistakes)?),
            "schema_version" => self.schema_version = value::version(input, key, mistakes)?,
            "snapshot_codec" => {
                self.snapshot_codec = Some(value::type_of(
                    input,
                    key,
                    "eventsourcing::codec::Json",
                    mistakes,
                )?);
            }
            "create" => {
                if input.is_empty() {
                    let error = "`create` lists no event: write the events that bring one into being, as in `create(OrderCreated)`";
                    mistakes.at(ident.span(), error);
                }
                self.read_list(Stage::Create, input, extent, mistakes);
            }
            "events" => self.read_list(Stage::Change, input, extent, mistakes),
            "discard" => self.read_list(Stage::Discard, input, extent, mistakes),
            "legacy" => evolution::read_legacy(&mut self.legacy, input, extent, mistakes),
            "retired" => evolution::read_retired(&mut self.retired, input, extent, mistakes),
            "handlers" => self.read_handlers(input, extent, mistakes),
            "event" => self.event = value::new_name(input, key, mistakes)?,
            "event_derive" => self.read_derives(input, extent, mistakes),
            _ => self.krate = value::module_path(input, key, mistakes)?,
        }
        Ok(())
    }

    fn read_list(
        &mut self,
        stage: Stage,
        input: ParseStream<'_>,
        extent: Extent,
        mistakes: &Mistakes,
    ) {
        // A list that is written twice is a mistake already: what both contain isn't another.
        let earlier = self.lists.clone();
        let is_known = |listing: &Listing| {
            let mut earlier = earlier.iter().filter(|other| other.stage == stage);
            earlier.any(|other| other.path == listing.path)
        };
        while !input.is_empty() {
            match read_listing(stage, input, mistakes) {
                Ok(listing) if is_known(&listing) => {}
                Ok(listing) => self.lists.push(listing),
                Err(error) => {
                    mistakes.add(error);
                    skip(input);
                }
            }
            if extent == Extent::One {
                return;
            }
            expect_comma(input, mistakes);
        }
    }

    fn read_handlers(&mut self, input: ParseStream<'_>, extent: Extent, mistakes: &Mistakes) {
        // `handlers(pub)`, and `handlers = Name`, whose form is a mistake already.
        if input.peek(Token![pub])
            && let Ok(vis) = input.parse::<Visibility>()
        {
            if extent == Extent::All {
                let written = names::shown(&vis);
                let error = format!("`handlers` takes keys: write `handlers(vis = {written})`");
                mistakes.on(&vis, error);
                expect_comma(input, mistakes);
            }
            self.handlers_vis = Some(vis);
        } else if extent == Extent::One {
            self.handlers_name = input.call(Ident::parse_any).ok();
        }
        if extent == Extent::One {
            return;
        }
        read_keys(input, HANDLER_KEYS, mistakes, |key, _, stream, _| {
            if key == "vis" {
                self.handlers_vis = value::visibility(stream, mistakes)?;
            } else {
                self.handlers_name = value::new_name(stream, key, mistakes)?;
            }
            Ok(())
        });
    }

    fn read_derives(&mut self, input: ParseStream<'_>, extent: Extent, mistakes: &Mistakes) {
        while !input.is_empty() {
            let span = input.span();
            if let Ok(path) = input.call(Path::parse_mod_style) {
                self.add_derive(path, mistakes);
            } else {
                let error = "a trait to derive is expected here, as in `event_derive(PartialEq)`";
                mistakes.at(span, error);
                skip(input);
            }
            if extent == Extent::One {
                return;
            }
            expect_comma(input, mistakes);
        }
    }

    fn add_derive(&mut self, path: Path, mistakes: &Mistakes) {
        let last = path.segments.last().map(|s| names::text(&s.ident));
        let last = last.unwrap_or_default();
        if matches!(last.as_str(), "Clone" | "Debug") {
            let error = format!("the event enum is always `{last}`: leave it out here");
            mistakes.on(&path, error);
        } else if self.event_derive.contains(&path) {
            mistakes.on(&path, format_args!("`{last}` is derived twice: keep one"));
        } else {
            self.event_derive.push(path);
        }
    }
}

/// Reads `path` or `path as handler`.
fn read_listing(stage: Stage, input: ParseStream<'_>, mistakes: &Mistakes) -> syn::Result<Listing> {
    let path = read_event_path(stage.key(), input, mistakes)?;
    let event = path.segments.last().map(|s| names::text(&s.ident));
    let event = event.unwrap_or_default();
    let mut handler = None;
    if input.parse::<Option<Token![as]>>()?.is_some() {
        if input.is_empty() || input.peek(Token![,]) {
            let snake = names::snake(&event);
            let error = format!("`as` names the handler: write `{event} as {snake}`");
            mistakes.on(&path, error);
        } else {
            handler = read_handler_name(stage, &event, input, mistakes)?;
        }
    } else if input.peek(Token![=]) || (input.peek(Token![:]) && !input.peek(Token![::])) {
        let token = input.parse::<proc_macro2::TokenTree>()?;
        let name = input.call(Ident::parse_any)?;
        let error = format!("to name the handler write `{event} as {name}`");
        mistakes.at(token.span(), error);
        handler = Some(name);
    }
    Ok(Listing {
        stage,
        path,
        handler,
    })
}

/// The path of an event's type in the list of this key.
pub(super) fn read_event_path(
    key: &str,
    input: ParseStream<'_>,
    mistakes: &Mistakes,
) -> syn::Result<Path> {
    if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        let written = literal.value();
        let error = format!("events are listed as types, not as texts: write `{key}({written})`");
        return match literal.parse::<Path>() {
            Ok(path) => {
                mistakes.on(&literal, error);
                Ok(path)
            }
            Err(_) => Err(syn::Error::new_spanned(&literal, error)),
        };
    }
    let span = input.span();
    let rule = format!("`{key}` lists the types of events by their paths");
    let listed: Type = input.parse().map_err(|_| {
        let next = input.fork().parse::<proc_macro2::TokenTree>();
        let next = next.map(|t| names::shown(&t)).unwrap_or_default();
        syn::Error::new(span, format_args!("{rule}, and `{next}` is none"))
    })?;
    let mut bare = &listed;
    while let Type::Reference(reference) = bare {
        bare = &reference.elem;
    }
    let path = match bare {
        Type::Path(path) if path.qself.is_none() => path.path.clone(),
        other => {
            let written = names::shown(other);
            let error = format!(
                "{rule}, and `{written}` is none: list a struct or an enum that derives `Event`"
            );
            return Err(syn::Error::new_spanned(other, error));
        }
    };
    let path = without_fields(path, input, &rule, mistakes)?;
    if let Type::Reference(_) = listed {
        let (written, path) = (names::shown(&listed), names::shown(&path));
        mistakes.on(
            &listed,
            format_args!("{rule}: write `{path}` instead of `{written}`"),
        );
    }
    Ok(path)
}

/// `ItemAdded(u32)` and `ItemAdded { … }` describe an event where its type alone is wanted.
fn without_fields(
    mut path: Path,
    input: ParseStream<'_>,
    rule: &str,
    mistakes: &Mistakes,
) -> syn::Result<Path> {
    let span = path.span();
    let mut has_fields = value::is_group(input);
    if has_fields {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    if let Some(last) = path.segments.last_mut()
        && let PathArguments::Parenthesized(_) = last.arguments
    {
        last.arguments = PathArguments::None;
        has_fields = true;
    }
    if has_fields {
        let written = names::shown(&path);
        let error = format!("{rule}, without their fields: write `{written}`");
        mistakes.at(path.segments.last().map_or(span, |s| s.ident.span()), error);
    }
    Ok(path)
}

/// What follows `as`: a name in snake case.
fn read_handler_name(
    stage: Stage,
    event: &str,
    input: ParseStream<'_>,
    mistakes: &Mistakes,
) -> syn::Result<Option<Ident>> {
    if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        let written = literal.value();
        let error = format!("`as` takes no quotes: write `{event} as {written}`");
        mistakes.on(&literal, error);
        return Ok(literal.parse().ok());
    }
    let span = input.span();
    let Ok(name) = input.call(Ident::parse_any) else {
        let error = format!("`as` is followed by the handler's name: write `{event} as some_name`");
        return Err(syn::Error::new(span, error));
    };
    let written = names::text(&name);
    let snake = names::snake(&written);
    if written != snake {
        let key = stage.key();
        let error =
            format!("`as` names the handler, in snake case: write `{key}({event} as {snake})`");
        mistakes.at(span, error);
    }
    match names::identifier(&snake, span) {
        Some(name) if !names::upper_camel(&snake).is_empty() => Ok(Some(name)),
        _ => {
            let error = format!("`{written}` can't be the name of a function: choose another");
            mistakes.at(span, error);
            Ok(None)
        }
    }
}
