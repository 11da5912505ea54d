// From

#[derive(Event)]
#[event(name = "item-added", version = 2, upcast(old::ItemAddedV1))]
pub struct ItemAdded {
    sku: String,
    quantity: u32,
}

// follows

#[allow(deprecated, unused_qualifications, clippy::absolute_paths)]
const _: () = {
    #[automatically_derived]
    impl ::eventsourcing::Event for ItemAdded {
        const NAME: &'static ::core::primitive::str = "item-added";
        const VERSION: ::core::primitive::u32 = 2u32;
        const ALIASES: &'static [&'static ::core::primitive::str] = &[];
        const PREVIOUS: ::core::option::Option<
            &'static ::eventsourcing::__private::EventVersion,
        > = { ::core::option::Option::Some(const { &__older().0 }) };
        fn __decode<__C: ::eventsourcing::__private::Codec>(
            __codec: &__C,
            __version: ::core::primitive::u32,
            __payload: &[::core::primitive::u8],
        ) -> ::core::result::Result<Self, ::eventsourcing::__private::DecodeError> {
            #[allow(unused_imports)]
            use ::eventsourcing::__private::NoConversion as _;
            if __version >= 2u32 {
                return ::eventsourcing::__private::decode(__codec, __version, __payload);
            }
            ::core::result::Result::map(
                ::eventsourcing::__private::Listed::read(
                    __older().1,
                    __codec,
                    __version,
                    __payload,
                ),
                <::eventsourcing::__private::Conversion<__Older, Self>>::convert,
            )
        }
    }
    type __Older = old::ItemAddedV1;
    const fn __older() -> (
        ::eventsourcing::__private::EventVersion,
        impl ::eventsourcing::__private::Listed<__Older>,
    ) {
        ::eventsourcing::__private::stored::<__Older>()
    }
    const _: () = {
        #[allow(unused_imports)]
        use ::eventsourcing::__private::NoConversion as _;
        if !::eventsourcing::__private::same_text(__older().0.name, "item-added") {
            ::core::panic!(
                "{}",
                "`old::ItemAddedV1` is stored by another name than `ItemAdded`: the versions of an event share one, so write `#[event(name = \"item-added\", version = 1)]` on `old::ItemAddedV1`; a name that its rows have besides is an `alias`"
            )
        } else if __older().0.version != 1u32 {
            ::core::panic!(
                "{}",
                "versions step by one: `ItemAdded` is version 2, so `upcast(old::ItemAddedV1)` names version 1, with `version = 1` on `old::ItemAddedV1`"
            )
        } else if !<::eventsourcing::__private::Conversion<
            __Older,
            ItemAdded,
        >>::IS_GIVEN {
            ::core::panic!(
                "{}",
                "`old::ItemAddedV1` is not read as `ItemAdded` yet: say how\n\nimpl From<old::ItemAddedV1> for ItemAdded {\n    fn from(old: old::ItemAddedV1) -> Self { … }\n}\n"
            )
        }
    };
    #[automatically_derived]
    impl ::eventsourcing::Schema for ItemAdded {
        #[inline]
        fn __shape(
            __types: &mut ::eventsourcing::__private::Describer,
        ) -> ::eventsourcing::__private::Shape {
            ::eventsourcing::__private::Describer::define::<
                Self,
            >(
                __types,
                &::eventsourcing::__private::TypeSpec {
                    name: "ItemAdded",
                    module: ::core::module_path!(),
                    arguments: &[],
                    form: ::eventsourcing::__private::Form::Struct(
                        ::eventsourcing::__private::VariantSpec {
                            name: "",
                            flags: 32u16,
                            fields: &[
                                ::eventsourcing::__private::FieldSpec {
                                    name: "sku",
                                    flags: 0u16,
                                    shape: <String as ::eventsourcing::Schema>::__shape,
                                    more: ::core::option::Option::None,
                                },
                                ::eventsourcing::__private::FieldSpec {
                                    name: "quantity",
                                    flags: 0u16,
                                    shape: <u32 as ::eventsourcing::Schema>::__shape,
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
