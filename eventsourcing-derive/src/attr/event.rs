//! `#[event(…)]` and `#[aggregate_id(…)]`: what was written. A new key of events begins here.

use proc_macro2::Span;
use syn::{Attribute, LitStr, Path};

use super::{
    Form, Key, default_crate,
    evolution::{Upcast, read_upcast},
    read_attribute, read_keys, value,
};
use crate::validate::Mistakes;

/// What `#[event(…)]` says.
#[derive(Debug)]
pub(crate) struct EventAttr {
    pub(crate) name: Option<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) version: Option<u32>,
    pub(crate) version_place: Option<Span>,
    /// What stands there is no mistake.
    pub(crate) is_version_sound: bool,
    pub(crate) upcast: Option<Upcast>,
    /// Whether `upcast` was written, also if nothing in it could be read.
    pub(crate) has_upcast: bool,
    pub(crate) krate: Path,
}

const KEYS: &[Key] = &[
    Key::new("name", Form::Value, "name = \"item-added\""),
    Key::new("alias", Form::Value, "alias = \"ItemPut\"").repeatable(),
    Key::new("version", Form::Value, "version = 2"),
    Key::new("upcast", Form::List, "upcast(ItemAddedV1)"),
    Key::new("crate", Form::Value, "crate = ::eventsourcing"),
];

impl EventAttr {
    pub(crate) fn read(attributes: &[Attribute], mistakes: &Mistakes) -> Self {
        let mut attr = Self {
            name: None,
            aliases: Vec::new(),
            version: None,
            version_place: None,
            is_version_sound: true,
            upcast: None,
            has_upcast: false,
            krate: default_crate(),
        };
        read_attribute(attributes, "event", mistakes, |input| {
            let seen = read_keys(input, KEYS, mistakes, |key, ident, stream, extent| {
                let before = mistakes.count();
                match key {
                    "name" => attr.name = value::stored_name(stream, key, mistakes)?,
                    "alias" => attr
                        .aliases
                        .extend(value::stored_name(stream, key, mistakes)?),
                    "version" => {
                        attr.version_place = Some(stream.span());
                        attr.version = value::version(stream, key, mistakes)?;
                        attr.is_version_sound &= mistakes.count() == before;
                    }
                    "upcast" => {
                        attr.upcast = Some(read_upcast(ident, stream, extent, mistakes));
                    }
                    _ => attr.krate = value::module_path(stream, key, mistakes)?,
                }
                Ok(())
            });
            attr.has_upcast |= seen.contains(&"upcast");
        });
        attr
    }
}

/// What `#[aggregate_id(…)]` says.
#[derive(Debug)]
pub(crate) struct IdAttr {
    pub(crate) krate: Path,
}

const ID_KEYS: &[Key] = &[Key::new("crate", Form::Value, "crate = ::eventsourcing")];

impl IdAttr {
    pub(crate) fn read(attributes: &[Attribute], mistakes: &Mistakes) -> Self {
        let mut attr = Self {
            krate: default_crate(),
        };
        read_attribute(attributes, "aggregate_id", mistakes, |input| {
            read_keys(input, ID_KEYS, mistakes, |key, _, stream, _| {
                attr.krate = value::module_path(stream, key, mistakes)?;
                Ok(())
            });
        });
        attr
    }
}
