// From

#[derive(Aggregate)]
#[aggregate(create(Opened))]
struct Account;

// follows

#[doc(hidden)]
#[allow(dead_code, non_camel_case_types)]
type __AccountId = ::eventsourcing::__private::Broken<
    {
        ::core::compile_error! {
            "an aggregate needs the type of its id: add `id = ...`, as in `id = Uuid`"
        }
    },
>;
/// Everything that happens to `Account`: one variant per event.
#[allow(
    deprecated,
    non_camel_case_types,
    private_interfaces,
    unreachable_pub,
    unused_qualifications,
    clippy::enum_variant_names,
    clippy::large_enum_variant
)]
enum AccountEvent {
    /// `Opened`: brings one into being.
    Opened(Opened),
}
/// How the events of `Account` make its state: one function per event.
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
trait AccountHandlers: ::core::marker::Sized {
    /// The state that `Opened` begins with.
    fn opened(id: &__AccountId, event: Opened) -> Self;
}
#[allow(
    deprecated,
    unused_qualifications,
    clippy::absolute_paths,
    clippy::unnecessary_wraps
)]
const _: () = {
    type __E0 = Opened;
    const fn __e0() -> (
        ::eventsourcing::__private::EventType,
        impl ::eventsourcing::__private::Listed<__E0>,
    ) {
        ::eventsourcing::__private::listed::<
            __E0,
        >(::eventsourcing::__private::Stage::Create, "Opened")
    }
    #[automatically_derived]
    impl ::eventsourcing::aggregate::CreateOf<Account> for __E0
    where
        for<'__a> Account: ::eventsourcing::Aggregate<Event = AccountEvent>,
    {}
    #[automatically_derived]
    impl ::core::clone::Clone for AccountEvent {
        fn clone(&self) -> Self {
            match *self {
                Self::Opened(ref __event) => {
                    Self::Opened(
                        ::eventsourcing::__private::Listed::clone(__e0().1, __event),
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for AccountEvent {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            match *self {
                Self::Opened(ref __event) => {
                    ::eventsourcing::__private::Listed::debug(
                        __e0().1,
                        __event,
                        "Opened",
                        __formatter,
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<__E0> for AccountEvent {
        fn from(__event: __E0) -> Self {
            Self::Opened(__event)
        }
    }
    #[allow(dead_code)]
    struct __Mutator<__A>(::core::marker::PhantomData<__A>);
    impl<__A: AccountHandlers> __Mutator<__A> {
        const __IS_HANDLED: ::core::primitive::bool = true;
        fn __begin(
            __id: &__AccountId,
            __event: AccountEvent,
        ) -> ::core::result::Result<__A, AccountEvent> {
            match __event {
                AccountEvent::Opened(__event) => {
                    ::core::result::Result::Ok(
                        <__A as AccountHandlers>::opened(__id, __event),
                    )
                }
            }
        }
        #[inline]
        fn __apply(
            __state: &mut __A,
            __event: AccountEvent,
        ) -> ::core::result::Result<(), AccountEvent> {
            match __event {
                __other @ (AccountEvent::Opened(_)) => {
                    ::core::result::Result::Err(__other)
                }
            }
        }
    }
    #[allow(dead_code, unused_variables)]
    trait __Unhandled<__A>: ::core::marker::Sized {
        const __IS_HANDLED: ::core::primitive::bool = false;
        fn __begin(
            __id: &__AccountId,
            __event: AccountEvent,
        ) -> ::core::result::Result<__A, AccountEvent> {
            ::core::unreachable!()
        }
        fn __apply(
            __state: &mut __A,
            __event: AccountEvent,
        ) -> ::core::result::Result<(), AccountEvent> {
            ::core::unreachable!()
        }
    }
    impl<__A> __Unhandled<__A> for __Mutator<__A> {}
    const _: () = if !<__Mutator<Account>>::__IS_HANDLED {
        ::core::panic!(
            "{}",
            "the handlers of `Account` are missing: write one function per event\n\nimpl AccountHandlers for Account {\n    fn opened(id: &Id, event: Opened) -> Self { … }\n}\n"
        )
    };
    const __EVENTS: &[::eventsourcing::__private::EventType] = &[__e0().0];
    const __LEGACY: &[::eventsourcing::__private::EventVersion] = &[];
    #[automatically_derived]
    impl ::eventsourcing::Aggregate for Account {
        type Id = __AccountId;
        type Event = AccountEvent;
        type SnapshotCodec = ::eventsourcing::__private::DefaultSnapshotCodec;
        const NAME: &'static ::core::primitive::str = "account";
        const SCHEMA_VERSION: ::core::primitive::u32 = 1u32;
        const FIELDS: &'static [&'static ::core::primitive::str] = &[];
        const EVENTS: &'static [::eventsourcing::__private::EventType] = __EVENTS;
        const LEGACY: &'static [::eventsourcing::__private::EventVersion] = __LEGACY;
        const RETIRED: &'static [&'static ::core::primitive::str] = &[];
        fn __begin(
            __id: &__AccountId,
            __event: AccountEvent,
        ) -> ::core::result::Result<Self, AccountEvent> {
            <__Mutator<Self>>::__begin(__id, __event)
        }
        #[inline]
        fn __apply(
            &mut self,
            __event: AccountEvent,
        ) -> ::core::result::Result<(), AccountEvent> {
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
        fn __index(__event: &AccountEvent) -> ::core::primitive::usize {
            match *__event {
                AccountEvent::Opened(_) => 0usize,
            }
        }
        fn __payload(
            __event: &AccountEvent,
        ) -> &(dyn ::core::any::Any + ::core::marker::Send + ::core::marker::Sync) {
            match *__event {
                AccountEvent::Opened(ref __event) => {
                    ::eventsourcing::__private::Listed::payload(__e0().1, __event)
                }
            }
        }
        fn __encode<__C: ::eventsourcing::__private::Codec>(
            __event: &AccountEvent,
            __codec: &__C,
            __out: &mut ::eventsourcing::__private::Vec<::core::primitive::u8>,
        ) -> ::core::result::Result<(), ::eventsourcing::__private::CodecError> {
            match *__event {
                AccountEvent::Opened(ref __event) => {
                    ::eventsourcing::__private::Listed::encode(
                        __e0().1,
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
            ::eventsourcing::__private::Decoded<AccountEvent>,
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
                            AccountEvent::Opened(__event),
                        )
                    },
                );
            }
            ::core::result::Result::Err(
                ::eventsourcing::__private::DecodeError::UnknownName,
            )
        }
    }
    #[automatically_derived]
    impl ::eventsourcing::Schema for Account {
        #[inline]
        fn __shape(
            __types: &mut ::eventsourcing::__private::Describer,
        ) -> ::eventsourcing::__private::Shape {
            ::eventsourcing::__private::Describer::define::<
                Self,
            >(
                __types,
                &::eventsourcing::__private::TypeSpec {
                    name: "Account",
                    module: ::core::module_path!(),
                    arguments: &[],
                    form: ::eventsourcing::__private::Form::Struct(
                        ::eventsourcing::__private::VariantSpec {
                            name: "",
                            flags: 64u16,
                            fields: &[],
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
