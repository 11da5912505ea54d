//! `derive(AggregateId)`: a newtype has the text form of what it wraps.

use eventsourcing::AggregateId;
use uuid::Uuid;

#[derive(AggregateId, Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct OrderId(Uuid);

#[derive(AggregateId, Debug, Clone, PartialEq, Eq, Hash)]
struct Slug {
    text: String,
}

#[derive(AggregateId, Debug, Clone, PartialEq, Eq, Hash)]
struct Wrapped<T>(T);

fn round_trip<I: AggregateId>(id: &I) -> I {
    I::from_text(&id.to_text()).expect("its own text form is an id")
}

#[test]
fn text_form_is_that_of_the_wrapped_id() {
    let uuid = Uuid::from_u128(42);
    assert_eq!(OrderId(uuid).to_text(), uuid.to_text());
    assert_eq!(round_trip(&OrderId(uuid)), OrderId(uuid));
}

#[test]
fn the_field_may_have_a_name() {
    let slug = Slug {
        text: "a b".to_owned(),
    };
    assert_eq!(slug.to_text(), "a b");
    assert_eq!(round_trip(&slug), slug);
}

#[test]
fn generic_newtypes_wrap_any_id() {
    assert_eq!(
        Wrapped(OrderId(Uuid::nil())).to_text(),
        Uuid::nil().to_text()
    );
    assert_eq!(round_trip(&Wrapped(7_u64)), Wrapped(7));
}

#[test]
fn what_the_wrapped_id_refuses_is_refused() {
    assert!(OrderId::from_text("no uuid").is_err());
    assert!(Wrapped::<u64>::from_text("007").is_err());
}
