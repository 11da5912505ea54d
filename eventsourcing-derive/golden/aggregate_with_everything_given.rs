// From

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

// follows

/// Everything that happens to `r#Lamp`: one variant per event.
#[allow(
    deprecated,
    non_camel_case_types,
    private_interfaces,
    unreachable_pub,
    unused_qualifications,
    clippy::enum_variant_names,
    clippy::large_enum_variant
)]
#[derive(PartialEq, Serialize)]
pub(crate) enum Happening {
    /// `Installed<u32>`: brings one into being.
    Installed(Installed<u32>),
}
/// How the events of `r#Lamp` make its state: one function per event.
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
pub(crate) trait Switch: ::core::marker::Sized {
    /// The state that `Installed<u32>` begins with.
    fn installed(id: &LampId, event: Installed<u32>) -> Self;
}
#[allow(
    deprecated,
    unused_qualifications,
    clippy::absolute_paths,
    clippy::unnecessary_wraps
)]
const _: () = {
    type __E0 = Installed<u32>;
    const fn __e0() -> (
        ::renamed::__private::EventType,
        impl ::renamed::__private::Listed<__E0>,
    ) {
        ::renamed::__private::listed::<
            __E0,
        >(::renamed::__private::Stage::Create, "Installed")
    }
    #[automatically_derived]
    impl ::renamed::aggregate::CreateOf<r#Lamp> for __E0
    where
        for<'__a> r#Lamp: ::renamed::Aggregate<Event = Happening>,
    {}
    #[automatically_derived]
    impl ::core::clone::Clone for Happening {
        fn clone(&self) -> Self {
            match *self {
                Self::Installed(ref __event) => {
                    Self::Installed(
                        ::renamed::__private::Listed::clone(__e0().1, __event),
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for Happening {
        fn fmt(
            &self,
            __formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            match *self {
                Self::Installed(ref __event) => {
                    ::renamed::__private::Listed::debug(
                        __e0().1,
                        __event,
                        "Installed",
                        __formatter,
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<__E0> for Happening {
        fn from(__event: __E0) -> Self {
            Self::Installed(__event)
        }
    }
    #[allow(dead_code)]
    struct __Mutator<__A>(::core::marker::PhantomData<__A>);
    impl<__A: Switch> __Mutator<__A> {
        const __IS_HANDLED: ::core::primitive::bool = true;
        fn __begin(
            __id: &LampId,
            __event: Happening,
        ) -> ::core::result::Result<__A, Happening> {
            match __event {
                Happening::Installed(__event) => {
                    ::core::result::Result::Ok(<__A as Switch>::installed(__id, __event))
                }
            }
        }
        #[inline]
        fn __apply(
            __state: &mut __A,
            __event: Happening,
        ) -> ::core::result::Result<(), Happening> {
            match __event {
                __other @ (Happening::Installed(_)) => {
                    ::core::result::Result::Err(__other)
                }
            }
        }
    }
    #[allow(dead_code, unused_variables)]
    trait __Unhandled<__A>: ::core::marker::Sized {
        const __IS_HANDLED: ::core::primitive::bool = false;
        fn __begin(
            __id: &LampId,
            __event: Happening,
        ) -> ::core::result::Result<__A, Happening> {
            ::core::unreachable!()
        }
        fn __apply(
            __state: &mut __A,
            __event: Happening,
        ) -> ::core::result::Result<(), Happening> {
            ::core::unreachable!()
        }
    }
    impl<__A> __Unhandled<__A> for __Mutator<__A> {}
    const _: () = if !<__Mutator<r#Lamp>>::__IS_HANDLED {
        ::core::panic!(
            "{}",
            "the handlers of `r#Lamp` are missing: write one function per event\n\nimpl Switch for r#Lamp {\n    fn installed(id: &LampId, event: Installed<u32>) -> Self { … }\n}\n"
        )
    };
    const __EVENTS: &[::renamed::__private::EventType] = &[__e0().0];
    const __LEGACY: &[::renamed::__private::EventVersion] = &[];
    #[automatically_derived]
    impl ::renamed::Aggregate for r#Lamp {
        type Id = LampId;
        type Event = Happening;
        type SnapshotCodec = Json;
        const NAME: &'static ::core::primitive::str = "lamp";
        const SCHEMA_VERSION: ::core::primitive::u32 = 3u32;
        const FIELDS: &'static [&'static ::core::primitive::str] = &[];
        const EVENTS: &'static [::renamed::__private::EventType] = __EVENTS;
        const LEGACY: &'static [::renamed::__private::EventVersion] = __LEGACY;
        const RETIRED: &'static [&'static ::core::primitive::str] = &[];
        fn __begin(
            __id: &LampId,
            __event: Happening,
        ) -> ::core::result::Result<Self, Happening> {
            <__Mutator<Self>>::__begin(__id, __event)
        }
        #[inline]
        fn __apply(
            &mut self,
            __event: Happening,
        ) -> ::core::result::Result<(), Happening> {
            <__Mutator<Self>>::__apply(self, __event)
        }
        fn __equals(
            &self,
            __other: &Self,
        ) -> ::core::option::Option<::core::primitive::bool> {
            #[allow(unused_imports)]
            use ::renamed::__private::{ByPartialEq as _, Unequalled as _};
            (&::renamed::__private::Both(self, __other)).__equals()
        }
        fn __index(__event: &Happening) -> ::core::primitive::usize {
            match *__event {
                Happening::Installed(_) => 0usize,
            }
        }
        fn __payload(
            __event: &Happening,
        ) -> &(dyn ::core::any::Any + ::core::marker::Send + ::core::marker::Sync) {
            match *__event {
                Happening::Installed(ref __event) => {
                    ::renamed::__private::Listed::payload(__e0().1, __event)
                }
            }
        }
        fn __encode<__C: ::renamed::__private::Codec>(
            __event: &Happening,
            __codec: &__C,
            __out: &mut ::renamed::__private::Vec<::core::primitive::u8>,
        ) -> ::core::result::Result<(), ::renamed::__private::CodecError> {
            match *__event {
                Happening::Installed(ref __event) => {
                    ::renamed::__private::Listed::encode(
                        __e0().1,
                        __event,
                        __codec,
                        __out,
                    )
                }
            }
        }
        #[inline]
        fn __decode<__C: ::renamed::__private::Codec>(
            __codec: &__C,
            __name: &::core::primitive::str,
            __version: ::core::primitive::u32,
            __payload: &[::core::primitive::u8],
        ) -> ::core::result::Result<
            ::renamed::__private::Decoded<Happening>,
            ::renamed::__private::DecodeError,
        > {
            if let ::core::option::Option::Some(__read) = ::renamed::__private::Listed::decode(
                __e0().1,
                __codec,
                __name,
                __version,
                __payload,
            ) {
                return ::core::result::Result::map(
                    __read,
                    |__event| {
                        ::renamed::__private::Decoded::One(Happening::Installed(__event))
                    },
                );
            }
            ::core::result::Result::Err(::renamed::__private::DecodeError::UnknownName)
        }
    }
    #[automatically_derived]
    impl ::renamed::Schema for r#Lamp {
        #[inline]
        fn __shape(
            __types: &mut ::renamed::__private::Describer,
        ) -> ::renamed::__private::Shape {
            ::renamed::__private::Describer::define::<
                Self,
            >(
                __types,
                &::renamed::__private::TypeSpec {
                    name: "Lamp",
                    module: ::core::module_path!(),
                    arguments: &[],
                    form: ::renamed::__private::Form::Enum(
                        ::renamed::__private::Tagging::External,
                        &[
                            ::renamed::__private::VariantSpec {
                                name: "Off",
                                flags: 64u16,
                                fields: &[],
                                more: ::core::option::Option::None,
                                discriminant: ::core::option::Option::None,
                            },
                            ::renamed::__private::VariantSpec {
                                name: "On",
                                flags: 32u16,
                                fields: &[
                                    ::renamed::__private::FieldSpec {
                                        name: "level",
                                        flags: 0u16,
                                        shape: <u32 as ::renamed::Schema>::__shape,
                                        more: ::core::option::Option::None,
                                    },
                                ],
                                more: ::core::option::Option::None,
                                discriminant: ::core::option::Option::None,
                            },
                        ],
                    ),
                    into: ::core::option::Option::None,
                    from: ::core::option::Option::None,
                    said: &[],
                },
            )
        }
    }
};
