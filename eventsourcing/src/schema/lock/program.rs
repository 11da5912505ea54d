//! What the program says: the blocks of its aggregates, as the file has them.

use std::fmt::Write as _;

use super::{FORMAT, HEADER, POSITIONAL, SHORTENED};
use crate::{
    aggregate::Aggregate,
    event::{EventVersion, Stage},
    schema::{
        Describer,
        description::{Body, Definition, Shape},
        text::{Names, name, quoted},
    },
};

/// An aggregate, as far as rows of it tell.
#[derive(Debug, Clone)]
pub(super) struct Described {
    name: &'static str,
    schema_version: u32,
    shape: fn(&mut Describer) -> Shape,
    events: Vec<EventBlock>,
    /// The names of rows that are read as no event.
    retired: Vec<&'static str>,
}

/// A version of an event that rows are read as.
#[derive(Debug, Clone)]
struct EventBlock {
    name: &'static str,
    version: u32,
    aliases: &'static [&'static str],
    /// Read as events of other types.
    is_legacy: bool,
    /// The list it stands in, and its variant: of the version that is written.
    listed: Option<(Stage, &'static str)>,
    shape: fn(&mut Describer) -> Shape,
}

/// Every version of every event that rows of `A` are read as.
fn events<A: Aggregate>() -> Vec<EventBlock> {
    let block = |event: EventVersion, is_legacy, listed| EventBlock {
        name: event.name,
        version: event.version,
        aliases: event.aliases,
        is_legacy,
        listed,
        shape: event.shape,
    };
    let listed = A::EVENTS.iter().flat_map(|event| {
        let versions = event.versions();
        versions.map(|version| {
            let is_newest = version.version == event.version;
            block(
                version,
                false,
                is_newest.then_some((event.stage, event.variant)),
            )
        })
    });
    let legacy = A::LEGACY.iter().flat_map(EventVersion::versions);
    listed
        .chain(legacy.map(|event| block(event, true, None)))
        .collect()
}

impl Described {
    pub(super) fn of<A: Aggregate>() -> Self {
        Self {
            name: A::NAME,
            schema_version: A::SCHEMA_VERSION,
            shape: A::__shape,
            events: events::<A>(),
            retired: A::RETIRED.to_vec(),
        }
    }
}

/// A state or event: the begin of its head, and its type.
struct Root {
    head: String,
    notes: Vec<String>,
    shape: Shape,
}

/// What the file should say, whatever the order of the aggregates.
pub(super) fn text(aggregates: &[Described], is_positional: bool) -> String {
    let mut aggregates: Vec<&Described> = aggregates.iter().collect();
    aggregates.sort_by_key(|aggregate| aggregate.name);
    let mut types = Describer::new();
    let mut roots = Vec::new();
    for aggregate in aggregates {
        add(aggregate, &mut types, &mut roots);
    }
    let definitions = types.into_definitions();
    let names = Names::new(&definitions);
    let shared = shared(&roots, &definitions);
    let mut text = HEADER.to_owned();
    if (0..definitions.len()).any(|place| is_shortened(names.of(place))) {
        text.push_str(SHORTENED);
    }
    let _ = writeln!(text, "format {FORMAT}");
    if is_positional {
        text.push_str(POSITIONAL);
    }
    let is_shared = |place: usize| shared.get(place).copied().unwrap_or(true);
    for root in &roots {
        text.push('\n');
        text.push_str(&root_block(root, &definitions, &names, &is_shared));
    }
    let roots_of = |place| roots.iter().any(|root| root.shape == Shape::Defined(place));
    let mut blocks: Vec<(&str, String)> = (definitions.iter().enumerate())
        .filter(|(place, _)| is_shared(*place) || !roots_of(*place))
        .map(|(place, definition)| (names.of(place), names.block(place, definition)))
        .collect();
    blocks.sort();
    for (_, block) in blocks {
        text.push('\n');
        text.push_str(&block);
    }
    text
}

/// Whether a name ends with a number for its arguments. That of a second type of one name has fewer digits.
fn is_shortened(name: &str) -> bool {
    let number = name.rsplit_once('#').map_or("", |(_, number)| number);
    number.len() == 8 && number.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn add(aggregate: &Described, types: &mut Describer, roots: &mut Vec<Root>) {
    let own = head_name(aggregate.name);
    roots.push(Root {
        head: format!("state {own} version {}", aggregate.schema_version),
        notes: Vec::new(),
        shape: (aggregate.shape)(types),
    });
    let mut events: Vec<&EventBlock> = aggregate.events.iter().collect();
    events.sort_by_key(|event| (event.name, event.version));
    for event in events {
        let mut aliases = event.aliases.to_vec();
        aliases.sort_unstable();
        let list = event.listed.map(|(stage, _)| match stage {
            Stage::Create => "create",
            Stage::Change => "events",
            Stage::Discard => "discard",
        });
        let mut notes: Vec<String> = list.map(str::to_owned).into_iter().collect();
        notes.extend(aliases.iter().map(|a| format!("alias {}", quoted(a))));
        let variant = event.listed.map(|(_, variant)| variant);
        let other = variant.filter(|variant| *variant != event.name);
        notes.extend(other.map(|variant| format!("in code {}", quoted(variant))));
        notes.extend(event.is_legacy.then(|| "legacy".to_owned()));
        roots.push(Root {
            head: format!(
                "event {own}/{} version {}",
                head_name(event.name),
                event.version
            ),
            notes,
            shape: (event.shape)(types),
        });
    }
    let mut retired = aggregate.retired.clone();
    retired.sort_unstable();
    // A head and nothing else: `()` has no lines, and is left out.
    roots.extend(retired.iter().map(|event| Root {
        head: format!("retired {own}/{}", head_name(event)),
        notes: Vec::new(),
        shape: Shape::Tuple(Vec::new()),
    }));
}

/// Which definitions have a block of their own, also if they are a state's or event's: they stand in another type, or are
/// several of both.
fn shared(roots: &[Root], definitions: &[Definition]) -> Vec<bool> {
    let mut uses = vec![0_usize; definitions.len()];
    let mut count = |shape: &Shape, by: usize| {
        if let Shape::Defined(place) = shape
            && let Some(uses) = uses.get_mut(*place)
        {
            *uses += by;
        }
    };
    for root in roots {
        count(&root.shape, 1);
    }
    for definition in definitions {
        definition.body.each_shape(&mut |shape| count(shape, 2));
    }
    uses.into_iter().map(|uses| uses > 1).collect()
}

fn root_block(
    root: &Root,
    definitions: &[Definition],
    names: &Names,
    is_shared: &impl Fn(usize) -> bool,
) -> String {
    if root.shape == Shape::Tuple(Vec::new()) {
        return format!("{}\n", root.head);
    }
    let notes = root.notes.clone();
    let own = match root.shape {
        Shape::Defined(place) if !is_shared(place) => definitions.get(place),
        _ => None,
    };
    match own {
        Some(Definition { body, said, .. }) if body.is_enum() => {
            names.titled(&format!("{}: enum", root.head), notes, said, body)
        }
        Some(definition) => names.titled(&root.head, notes, &definition.said, &definition.body),
        None => names.titled(
            &root.head,
            notes,
            &[],
            &Body::Transparent(root.shape.clone()),
        ),
    }
}

/// A stored name as it is, in quotes where it has other characters than most have.
fn head_name(of: &str) -> String {
    let mut text = String::new();
    let _ = write!(text, "{}", name(&of.replace('.', "_")));
    if text.starts_with('"') {
        quoted(of)
    } else {
        of.to_owned()
    }
}
