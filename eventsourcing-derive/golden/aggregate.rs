// From

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

// follows

/// Everything that happens to `Order`: one variant per event.
#[allow(
    deprecated,
    non_camel_case_types,
    private_interfaces,
    unreachable_pub,
    unused_qualifications,
    clippy::enum_variant_names,
    clippy::large_enum_variant
)]
pub enum OrderEvent {
    /// `OrderCreated`: brings one into being.
    OrderCreated(OrderCreated),
    /// `ItemAdded`: changes one.
    ItemAdded(ItemAdded),
    /// `basket::ItemAdded`: changes one.
    BasketItemAdded(basket::ItemAdded),
    /// `OrderDiscarded`: ends the life of one.
    OrderDiscarded(OrderDiscarded),
}
/// How the events of `Order` make its state: one function per event.
#[allow(
    deprecated,
    non_snake_case,
    private_interfaces,
    unreachable_pub,
    unused_qualifications,
    clippy::new_ret_no_self,
    clippy::ptr_arg,
    clippy::trivially_copy_pass_by_ref,
    clippy::wrong_self_convention
)]
trait OrderHandlers: ::core::marker::Sized {
    /// The state that `OrderCreated` begins with.
    fn order_created(id: &Uuid, event: OrderCreated) -> Self;
    /// What `ItemAdded` changes.
    fn item_added(&mut self, event: ItemAdded);
    /// What `basket::ItemAdded` changes.
    fn basket_item_added(&mut self, event: basket::ItemAdded);
}
#[allow(
    deprecated,
    unused_qualifications,
    clippy::absolute_paths,
    clippy::unnecessary_wraps
)]
const _: () = {
    type __E0 = OrderCreated;
    const fn __e0() -> (
        ::eventsourcing::__private::EventType,
        impl ::eventsourcing::__private::Listed<__E0>,
    ) {
        ::eventsourcing::__private::listed::<
            __E0,
        >(::eventsourcing::__private::Stage::Create, "OrderCreated")
    }
    #[automatically_derived]
    impl ::eventsourcing::aggregate::CreateOf<Order> for __E0
    where
        for<'__a> Order: ::eventsourcing::Aggregate<Event = OrderEvent>,
    {}
    type __E1 = ItemAdded;
    const fn __e1() -> (
        ::eventsourcing::__private::EventType,
        impl ::eventsourcing::__private::Listed<__E1>,
    ) {
        ::eventsourcing::__private::listed::<
            __E1,
        >(::eventsourcing::__private::Stage::Change, "ItemAdded")
    }
    #[automatically_derived]
    impl ::eventsourcing::aggregate::EventOf<Order> for __E1
    where
        for<'__a> Order: ::eventsourcing::Aggregate<Event = OrderEvent>,
    {}
    #[automatically_derived]
    impl ::eventsourcing::aggregate::IntoEvents<Order> for __E1
    where
        for<'__a> Order: ::eventsourcing::Aggregate<Event = OrderEvent>,
    {
        fn into_events(self, __out: &mut ::eventsourcing::aggregate::Events<Order>) {
            ::eventsourcing::aggregate::Events::push(__out, self);
        }
    }
    type __E2 = basket::ItemAdded;
    const fn __e2() -> (
        ::eventsourcing::__private::EventType,
        impl ::eventsourcing::__private::Listed<__E2>,
    ) {
        ::eventsourcing::__private::listed::<
            __E2,
        >(::eventsourcing::__private::Stage::Change, "BasketItemAdded")
    }
    #[automatically_derived]
    impl ::eventsourcing::aggregate::EventOf<Order> for __E2
    where
        for<'__a> Order: ::eventsourcing::Aggregate<Event = OrderEvent>,
    {}
    #[automatically_derived]
    impl ::eventsourcing::aggregate::IntoEvents<Order> for __E2
    where
        for<'__a> Order: ::eventsourcing::Aggregate<Event = OrderEvent>,
    {
        fn into_events(self, __out: &mut ::eventsourcing::aggregate::Events<Order>) {
            ::eventsourcing::aggregate::Events::push(__out, self);
        }
    }
    type __E3 = OrderDiscarded;
    const fn __e3() -> (
        ::eventsourcing::__private::EventType,
        impl ::eventsourcing::__private::Listed<__E3>,
    ) {
        ::eventsourcing::__private::listed::<
            __E3,
        >(::eventsourcing::__private::Stage::Discard, "OrderDiscarded")
    }
    #[automatically_derived]
    impl ::eventsourcing::aggregate::DiscardOf<Order> for __E3
    where
        for<'__a> Order: ::eventsourcing::Aggregate<Event = OrderEvent>,
    {}
    type __L0 = old::OrderPlaced;
    const fn __l0() -> (
        ::eventsourcing::__private::EventVersion,
        impl ::eventsourcing::__private::Listed<__L0>,
    ) {
        ::eventsourcing::__private::stored::<__L0>()
    }
    const _: () = {
        #[allow(unused_imports)]
        use ::eventsourcing::__private::NoConversion as _;
        if !<::eventsourcing::__private::Conversion<
            __L0,
            ::eventsourcing::__private::Vec<OrderEvent>,
        >>::IS_GIVEN {
            ::core::panic!(
                "{}",
                "`old::OrderPlaced` is not read as events of `Order` yet: say as which\n\nimpl From<old::OrderPlaced> for Vec<OrderEvent> {\n    fn from(old: old::OrderPlaced) -> Self { … }\n}\n"
            )
        }
    };
    #[automatically_derived]
    impl ::core::clone::Clone for OrderEvent {
        fn clone(&self) -> Self {
            match *self {
                Self::OrderCreated(ref __event) => {
                    Self::OrderCreated(
                        ::eventsourcing::__private::Listed::clone(__e0().1, __event),
                    )
                }
                Self::ItemAdded(ref __event) => {
                    Self::ItemAdded(
                        ::eventsourcing::__private::Listed::clone(__e1().1, __event),
                    )
                }
                Self::BasketItemAdded(ref __event) => {
                    Self::BasketItemAdded(
                        ::eventsourcing::__private::Listed::clone(__e2().1, __event),
                    )
                }
                Self::OrderDiscarded(ref __event) => {
                    Self::OrderDiscarded(
                        ::eventsourcing::__private::Listed::clone(__e3().1, __event),
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for OrderEvent {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            match *self {
                Self::OrderCreated(ref __event) => {
                    ::eventsourcing::__private::Listed::debug(
                        __e0().1,
                        __event,
                        "OrderCreated",
                        __formatter,
                    )
                }
                Self::ItemAdded(ref __event) => {
                    ::eventsourcing::__private::Listed::debug(
                        __e1().1,
                        __event,
                        "ItemAdded",
                        __formatter,
                    )
                }
                Self::BasketItemAdded(ref __event) => {
                    ::eventsourcing::__private::Listed::debug(
                        __e2().1,
                        __event,
                        "BasketItemAdded",
                        __formatter,
                    )
                }
                Self::OrderDiscarded(ref __event) => {
                    ::eventsourcing::__private::Listed::debug(
                        __e3().1,
                        __event,
                        "OrderDiscarded",
                        __formatter,
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<__E0> for OrderEvent {
        fn from(__event: __E0) -> Self {
            Self::OrderCreated(__event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<__E1> for OrderEvent {
        fn from(__event: __E1) -> Self {
            Self::ItemAdded(__event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<__E2> for OrderEvent {
        fn from(__event: __E2) -> Self {
            Self::BasketItemAdded(__event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<__E3> for OrderEvent {
        fn from(__event: __E3) -> Self {
            Self::OrderDiscarded(__event)
        }
    }
    #[allow(dead_code)]
    struct __Mutator<__A>(::core::marker::PhantomData<__A>);
    impl<__A: OrderHandlers> __Mutator<__A> {
        const __IS_HANDLED: ::core::primitive::bool = true;
        fn __begin(
            __id: &Uuid,
            __event: OrderEvent,
        ) -> ::core::result::Result<__A, OrderEvent> {
            match __event {
                OrderEvent::OrderCreated(__event) => {
                    ::core::result::Result::Ok(
                        <__A as OrderHandlers>::order_created(__id, __event),
                    )
                }
                __other @ (OrderEvent::ItemAdded(_)
                | OrderEvent::BasketItemAdded(_)
                | OrderEvent::OrderDiscarded(_)) => ::core::result::Result::Err(__other),
            }
        }
        #[inline]
        fn __apply(
            __state: &mut __A,
            __event: OrderEvent,
        ) -> ::core::result::Result<(), OrderEvent> {
            match __event {
                OrderEvent::ItemAdded(__event) => {
                    ::core::result::Result::Ok(
                        <__A as OrderHandlers>::item_added(__state, __event),
                    )
                }
                OrderEvent::BasketItemAdded(__event) => {
                    ::core::result::Result::Ok(
                        <__A as OrderHandlers>::basket_item_added(__state, __event),
                    )
                }
                __other @ (OrderEvent::OrderCreated(_)
                | OrderEvent::OrderDiscarded(_)) => ::core::result::Result::Err(__other),
            }
        }
    }
    #[allow(dead_code, unused_variables)]
    trait __Unhandled<__A>: ::core::marker::Sized {
        const __IS_HANDLED: ::core::primitive::bool = false;
        fn __begin(
            __id: &Uuid,
            __event: OrderEvent,
        ) -> ::core::result::Result<__A, OrderEvent> {
            ::core::unreachable!()
        }
        fn __apply(
            __state: &mut __A,
            __event: OrderEvent,
        ) -> ::core::result::Result<(), OrderEvent> {
            ::core::unreachable!()
        }
    }
    impl<__A> __Unhandled<__A> for __Mutator<__A> {}
    const _: () = if !<__Mutator<Order>>::__IS_HANDLED {
        ::core::panic!(
            "{}",
            "the handlers of `Order` are missing: write one function per event\n\nimpl OrderHandlers for Order {\n    fn order_created(id: &Uuid, event: OrderCreated) -> Self { … }\n    fn item_added(&mut self, event: ItemAdded) { … }\n    fn basket_item_added(&mut self, event: basket::ItemAdded) { … }\n}\n"
        )
    };
    const __EVENTS: &[::eventsourcing::__private::EventType] = &[
        __e0().0,
        __e1().0,
        __e2().0,
        __e3().0,
    ];
    const __LEGACY: &[::eventsourcing::__private::EventVersion] = &[__l0().0];
    #[automatically_derived]
    impl ::eventsourcing::Aggregate for Order {
        type Id = Uuid;
        type Event = OrderEvent;
        type SnapshotCodec = ::eventsourcing::__private::DefaultSnapshotCodec;
        const NAME: &'static ::core::primitive::str = "order";
        const SCHEMA_VERSION: ::core::primitive::u32 = 1u32;
        const FIELDS: &'static [&'static ::core::primitive::str] = &[
            "customer",
            "items",
        ];
        const EVENTS: &'static [::eventsourcing::__private::EventType] = __EVENTS;
        const LEGACY: &'static [::eventsourcing::__private::EventVersion] = __LEGACY;
        const RETIRED: &'static [&'static ::core::primitive::str] = &["ItemSeen"];
        fn __begin(
            __id: &Uuid,
            __event: OrderEvent,
        ) -> ::core::result::Result<Self, OrderEvent> {
            <__Mutator<Self>>::__begin(__id, __event)
        }
        #[inline]
        fn __apply(
            &mut self,
            __event: OrderEvent,
        ) -> ::core::result::Result<(), OrderEvent> {
            <__Mutator<Self>>::__apply(self, __event)
        }
        fn __equals(
            &self,
            __other: &Self,
        ) -> ::core::option::Option<::core::primitive::bool> {
            #[allow(unused_imports)]
            use ::eventsourcing::__private::{ByPartialEq as _, Unequalled as _};
            (&::eventsourcing::__private::Both(self, __other)).__equals()
        }
        fn __index(__event: &OrderEvent) -> ::core::primitive::usize {
            match *__event {
                OrderEvent::OrderCreated(_) => 0usize,
                OrderEvent::ItemAdded(_) => 1usize,
                OrderEvent::BasketItemAdded(_) => 2usize,
                OrderEvent::OrderDiscarded(_) => 3usize,
            }
        }
        fn __payload(
            __event: &OrderEvent,
        ) -> &(dyn ::core::any::Any + ::core::marker::Send + ::core::marker::Sync) {
            match *__event {
                OrderEvent::OrderCreated(ref __event) => {
                    ::eventsourcing::__private::Listed::payload(__e0().1, __event)
                }
                OrderEvent::ItemAdded(ref __event) => {
                    ::eventsourcing::__private::Listed::payload(__e1().1, __event)
                }
                OrderEvent::BasketItemAdded(ref __event) => {
                    ::eventsourcing::__private::Listed::payload(__e2().1, __event)
                }
                OrderEvent::OrderDiscarded(ref __event) => {
                    ::eventsourcing::__private::Listed::payload(__e3().1, __event)
                }
            }
        }
        fn __encode<__C: ::eventsourcing::__private::Codec>(
            __event: &OrderEvent,
            __codec: &__C,
            __out: &mut ::eventsourcing::__private::Vec<::core::primitive::u8>,
        ) -> ::core::result::Result<(), ::eventsourcing::__private::CodecError> {
            match *__event {
                OrderEvent::OrderCreated(ref __event) => {
                    ::eventsourcing::__private::Listed::encode(
                        __e0().1,
                        __event,
                        __codec,
                        __out,
                    )
                }
                OrderEvent::ItemAdded(ref __event) => {
                    ::eventsourcing::__private::Listed::encode(
                        __e1().1,
                        __event,
                        __codec,
                        __out,
                    )
                }
                OrderEvent::BasketItemAdded(ref __event) => {
                    ::eventsourcing::__private::Listed::encode(
                        __e2().1,
                        __event,
                        __codec,
                        __out,
                    )
                }
                OrderEvent::OrderDiscarded(ref __event) => {
                    ::eventsourcing::__private::Listed::encode(
                        __e3().1,
                        __event,
                        __codec,
                        __out,
                    )
                }
            }
        }
        #[inline]
        fn __decode<__C: ::eventsourcing::__private::Codec>(
            __codec: &__C,
            __name: &::core::primitive::str,
            __version: ::core::primitive::u32,
            __payload: &[::core::primitive::u8],
        ) -> ::core::result::Result<
            ::eventsourcing::__private::Decoded<OrderEvent>,
            ::eventsourcing::__private::DecodeError,
        > {
            if let ::core::option::Option::Some(__read) = ::eventsourcing::__private::Listed::decode(
                __e0().1,
                __codec,
                __name,
                __version,
                __payload,
            ) {
                return ::core::result::Result::map(
                    __read,
                    |__event| {
                        ::eventsourcing::__private::Decoded::One(
                            OrderEvent::OrderCreated(__event),
                        )
                    },
                );
            }
            if let ::core::option::Option::Some(__read) = ::eventsourcing::__private::Listed::decode(
                __e1().1,
                __codec,
                __name,
                __version,
                __payload,
            ) {
                return ::core::result::Result::map(
                    __read,
                    |__event| {
                        ::eventsourcing::__private::Decoded::One(
                            OrderEvent::ItemAdded(__event),
                        )
                    },
                );
            }
            if let ::core::option::Option::Some(__read) = ::eventsourcing::__private::Listed::decode(
                __e2().1,
                __codec,
                __name,
                __version,
                __payload,
            ) {
                return ::core::result::Result::map(
                    __read,
                    |__event| {
                        ::eventsourcing::__private::Decoded::One(
                            OrderEvent::BasketItemAdded(__event),
                        )
                    },
                );
            }
            if let ::core::option::Option::Some(__read) = ::eventsourcing::__private::Listed::decode(
                __e3().1,
                __codec,
                __name,
                __version,
                __payload,
            ) {
                return ::core::result::Result::map(
                    __read,
                    |__event| {
                        ::eventsourcing::__private::Decoded::One(
                            OrderEvent::OrderDiscarded(__event),
                        )
                    },
                );
            }
            if let ::core::option::Option::Some(__read) = ::eventsourcing::__private::Listed::decode(
                __l0().1,
                __codec,
                __name,
                __version,
                __payload,
            ) {
                return ::core::result::Result::map(
                    __read,
                    |__event| {
                        ::eventsourcing::__private::Decoded::Many({
                            #[allow(unused_imports)]
                            use ::eventsourcing::__private::NoConversion as _;
                            <::eventsourcing::__private::Conversion<
                                __L0,
                                ::eventsourcing::__private::Vec<OrderEvent>,
                            >>::convert(__event)
                        })
                    },
                );
            }
            ::core::result::Result::Err(
                ::eventsourcing::__private::DecodeError::UnknownName,
            )
        }
    }
    const _: () = if ::eventsourcing::__private::is_version_listed(
        __EVENTS,
        __LEGACY,
        1usize,
    ) {
        ::core::panic!(
            "{}",
            "`ItemAdded` and an event listed before it are versions of one event: list the newest only, which says `upcast(...)`"
        )
    } else if ::eventsourcing::__private::is_name_taken(__EVENTS, __LEGACY, 1usize) {
        ::core::panic!(
            "{}",
            "`ItemAdded` has a stored name or alias that another event of `Order` has: give it its own, as in `#[event(name = \"...\")]`"
        )
    };
    const _: () = if ::eventsourcing::__private::is_version_listed(
        __EVENTS,
        __LEGACY,
        2usize,
    ) {
        ::core::panic!(
            "{}",
            "`basket::ItemAdded` and an event listed before it are versions of one event: list the newest only, which says `upcast(...)`"
        )
    } else if ::eventsourcing::__private::is_name_taken(__EVENTS, __LEGACY, 2usize) {
        ::core::panic!(
            "{}",
            "`basket::ItemAdded` has a stored name or alias that another event of `Order` has: give it its own, as in `#[event(name = \"...\")]`"
        )
    };
    const _: () = if ::eventsourcing::__private::is_version_listed(
        __EVENTS,
        __LEGACY,
        3usize,
    ) {
        ::core::panic!(
            "{}",
            "`OrderDiscarded` and an event listed before it are versions of one event: list the newest only, which says `upcast(...)`"
        )
    } else if ::eventsourcing::__private::is_name_taken(__EVENTS, __LEGACY, 3usize) {
        ::core::panic!(
            "{}",
            "`OrderDiscarded` has a stored name or alias that another event of `Order` has: give it its own, as in `#[event(name = \"...\")]`"
        )
    };
    const _: () = if ::eventsourcing::__private::is_version_listed(
        __EVENTS,
        __LEGACY,
        4usize,
    ) {
        ::core::panic!(
            "{}",
            "`old::OrderPlaced` and an event listed before it are versions of one event: list the newest only, which says `upcast(...)`"
        )
    } else if ::eventsourcing::__private::is_name_taken(__EVENTS, __LEGACY, 4usize) {
        ::core::panic!(
            "{}",
            "`old::OrderPlaced` has a stored name or alias that another event of `Order` has: give it its own, as in `#[event(name = \"...\")]`"
        )
    };
    const _: () = if ::eventsourcing::__private::is_name_of_any(
        __EVENTS,
        __LEGACY,
        "ItemSeen",
    ) {
        ::core::panic!(
            "{}",
            "\"ItemSeen\" is a stored name or alias of an event of `Order`, which is read: leave it out of `retired(...)`, or the event out of its list"
        )
    };
    #[automatically_derived]
    impl ::eventsourcing::Schema for Order {
        #[inline]
        fn __shape(
            __types: &mut ::eventsourcing::__private::Describer,
        ) -> ::eventsourcing::__private::Shape {
            ::eventsourcing::__private::Describer::define::<
                Self,
            >(
                __types,
                &::eventsourcing::__private::TypeSpec {
                    name: "Order",
                    module: ::core::module_path!(),
                    arguments: &[],
                    form: ::eventsourcing::__private::Form::Struct(
                        ::eventsourcing::__private::VariantSpec {
                            name: "",
                            flags: 32u16,
                            fields: &[
                                ::eventsourcing::__private::FieldSpec {
                                    name: "customer",
                                    flags: 0u16,
                                    shape: <String as ::eventsourcing::Schema>::__shape,
                                    more: ::core::option::Option::None,
                                },
                                ::eventsourcing::__private::FieldSpec {
                                    name: "items",
                                    flags: 0u16,
                                    shape: <Vec<Item> as ::eventsourcing::Schema>::__shape,
                                    more: ::core::option::Option::None,
                                },
                            ],
                            more: ::core::option::Option::None,
                            discriminant: ::core::option::Option::None,
                        },
                        ::core::option::Option::None,
                    ),
                    into: ::core::option::Option::None,
                    from: ::core::option::Option::None,
                    said: &[],
                },
            )
        }
    }
};
