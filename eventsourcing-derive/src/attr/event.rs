//! `#[event(…)]` and `#[aggregate_id(…)]`: what was written. A new key of events begins here.

use syn::{Attribute, LitStr, Path};

use super::{Form, Key, default_crate, read_attribute, read_keys, value};
use crate::validate::Mistakes;

/// What `#[event(…)]` says.
#[derive(Debug)]
pub(crate) struct EventAttr {
    pub(crate) name: Option<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) version: Option<u32>,
    pub(crate) krate: Path,
}

const KEYS: &[Key] = &[
    Key::new("name", Form::Value, "name = \"item-added\""),
    Key::new("alias", Form::Value, "alias = \"ItemPut\"").repeatable(),
    Key::new("version", Form::Value, "version = 2"),
    Key::new("crate", Form::Value, "crate = ::eventsourcing"),
];

impl EventAttr {
    pub(crate) fn read(attributes: &[Attribute], mistakes: &Mistakes) -> Self {
        let mut attr = Self {
            name: None,
            aliases: Vec::new(),
            version: None,
            krate: default_crate(),
        };
        read_attribute(attributes, "event", mistakes, |input| {
            read_keys(input, KEYS, mistakes, |key, _, stream, _| {
                match key {
                    "name" => attr.name = value::stored_name(stream, key, mistakes)?,
                    "alias" => attr
                        .aliases
                        .extend(value::stored_name(stream, key, mistakes)?),
                    "version" => attr.version = value::version(stream, key, mistakes)?,
                    _ => attr.krate = value::module_path(stream, key, mistakes)?,
                }
                Ok(())
            });
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
