//! The layers of a row, in the order in which it was written, and the name that they give it.

use std::{borrow::Cow, sync::Arc};

use super::{Layer, LayerError, RowContext};
use crate::{Error, ErrorKind};

/// What stands between the names in a row's codec column.
pub(crate) const SEPARATOR: char = '+';

/// More than this no row has: a hostile name must not cost more.
pub(crate) const MOST_LAYERS: usize = 8;

const LONGEST_NAME: usize = 32;

/// The layers that rows are written through.
#[derive(Debug)]
pub(crate) struct Stack {
    name: Cow<'static, str>,
    layers: Vec<Arc<dyn Layer>>,
}

/// Which layer would not open, or seal, and why.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) layer: String,
    pub(crate) error: LayerError,
}

impl Stack {
    /// Over this codec. The error says what is wrong with the names.
    pub(crate) fn new(codec: &'static str, layers: Vec<Arc<dyn Layer>>) -> Result<Self, String> {
        if codec.contains(SEPARATOR) {
            return Err(format!(
                "the codec's name {codec:?} has a {SEPARATOR:?}, which stands before the names of layers"
            ));
        }
        if layers.len() > MOST_LAYERS {
            let count = layers.len();
            return Err(format!("{count} layers, at most {MOST_LAYERS} can be read"));
        }
        let mut name = Cow::Borrowed(codec);
        for (index, layer) in layers.iter().enumerate() {
            check_layer_name(layer.name())?;
            if layers[..index]
                .iter()
                .any(|other| other.name() == layer.name())
            {
                return Err(format!("the layer {:?} is there twice", layer.name()));
            }
            let name = name.to_mut();
            name.push(SEPARATOR);
            name.push_str(layer.name());
        }
        Ok(Self { name, layers })
    }

    /// The codec's name, and those of the layers in the order of writing: what stands in the row.
    pub(crate) fn name(&self) -> &Cow<'static, str> {
        &self.name
    }

    pub(crate) fn layers(&self) -> &[Arc<dyn Layer>] {
        &self.layers
    }

    /// What is stored. Opened again before anybody stores it: a layer that loses bytes must not lose an event.
    pub(crate) fn seal(&self, row: &RowContext<'_>, bytes: Vec<u8>) -> Result<Vec<u8>, Refused> {
        let Some(last) = self.layers.last() else {
            return Ok(bytes);
        };
        let mut sealed = Cow::Borrowed(&bytes);
        for layer in &self.layers {
            let next = layer.seal(row, &sealed);
            sealed = Cow::Owned(next.map_err(|error| refused(&**layer, error))?);
        }
        if *open(&self.layers, row, &sealed)? == *bytes {
            return Ok(sealed.into_owned());
        }
        let error = LayerError::damaged("it does not give back what was put into it");
        Err(refused(&**last, error))
    }
}

/// What was sealed through these layers.
pub(crate) fn open<'b>(
    layers: &[Arc<dyn Layer>],
    row: &RowContext<'_>,
    bytes: &'b [u8],
) -> Result<Cow<'b, [u8]>, Refused> {
    let mut opened = Cow::Borrowed(bytes);
    for layer in layers.iter().rev() {
        let next = layer.open(row, &opened);
        opened = Cow::Owned(next.map_err(|error| refused(&**layer, error))?);
    }
    Ok(opened)
}

fn refused(layer: &dyn Layer, error: LayerError) -> Refused {
    Refused {
        layer: layer.name().to_owned(),
        error,
    }
}

impl Refused {
    pub(crate) fn into_error(self) -> Error {
        let Self { layer, error } = self;
        let detail = error.to_string();
        if error.is_damaged() {
            return Error::new(ErrorKind::Corrupt)
                .because(format!("layer {layer:?}: {detail}"))
                .caused_by(error);
        }
        let key = error.key().map(str::to_owned);
        Error::new(ErrorKind::Locked { layer, key })
            .because(detail)
            .caused_by(error)
    }
}

/// Also of a layer that is only read.
pub(crate) fn check_layer_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
    if (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(allowed) {
        Ok(())
    } else {
        Err(format!(
            "the layer's name {name:?} is not 1 to {LONGEST_NAME} of a-z, 0-9, _, - and ."
        ))
    }
}
