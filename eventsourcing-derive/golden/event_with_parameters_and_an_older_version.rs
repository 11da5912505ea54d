// From

#[derive(Event)]
#[event(name = "noted", version = 3, upcast(NotedV2<T>), crate = ::renamed)]
pub struct Noted<T>(
    T,
    u32,
)
where
    T: Copy;

// follows

#[allow(deprecated, unused_qualifications, clippy::absolute_paths)]
const _: () = {
    #[automatically_derived]
    impl<T> ::renamed::Event for Noted<T>
    where
        Noted<
            T,
        >: ::core::clone::Clone + ::core::fmt::Debug
            + ::renamed::__private::serde::Serialize
            + ::renamed::__private::serde::de::DeserializeOwned + ::core::marker::Send
            + ::core::marker::Sync + ::renamed::Schema,
        NotedV2<T>: ::renamed::Event,
        T: Copy,
    {
        const NAME: &'static ::core::primitive::str = "noted";
        const VERSION: ::core::primitive::u32 = 3u32;
        const ALIASES: &'static [&'static ::core::primitive::str] = &[];
        const PREVIOUS: ::core::option::Option<
            &'static ::renamed::__private::EventVersion,
        > = {
            #[allow(unused_imports)]
            use ::renamed::__private::NoConversion as _;
            if !::renamed::__private::same_text(__older::<T>().0.name, "noted") {
                ::core::panic!(
                    "{}",
                    "`NotedV2<T>` is stored by another name than `Noted`: the versions of an event share one, so write `#[event(name = \"noted\", version = 2)]` on `NotedV2<T>`; a name that its rows have besides is an `alias`"
                )
            } else if __older::<T>().0.version != 2u32 {
                ::core::panic!(
                    "{}",
                    "versions step by one: `Noted` is version 3, so `upcast(NotedV2<T>)` names version 2, with `version = 2` on `NotedV2<T>`"
                )
            } else if !<::renamed::__private::Conversion<
                NotedV2<T>,
                Noted<T>,
            >>::IS_GIVEN {
                ::core::panic!(
                    "{}",
                    "`NotedV2<T>` is not read as `Noted<T>` yet: say how\n\nimpl<T> From<NotedV2<T>> for Noted<T> {\n    fn from(old: NotedV2<T>) -> Self { … }\n}\n"
                )
            }
            ::core::option::Option::Some(const { &__older::<T>().0 })
        };
        fn __decode<__C: ::renamed::__private::Codec>(
            __codec: &__C,
            __version: ::core::primitive::u32,
            __payload: &[::core::primitive::u8],
        ) -> ::core::result::Result<Self, ::renamed::__private::DecodeError> {
            #[allow(unused_imports)]
            use ::renamed::__private::NoConversion as _;
            if __version >= 3u32 {
                return ::renamed::__private::decode(__codec, __version, __payload);
            }
            ::core::result::Result::map(
                ::renamed::__private::Listed::read(
                    __older::<T>().1,
                    __codec,
                    __version,
                    __payload,
                ),
                <::renamed::__private::Conversion<NotedV2<T>, Self>>::convert,
            )
        }
    }
    const fn __older<T>() -> (
        ::renamed::__private::EventVersion,
        impl ::renamed::__private::Listed<NotedV2<T>>,
    )
    where
        Noted<
            T,
        >: ::core::clone::Clone + ::core::fmt::Debug
            + ::renamed::__private::serde::Serialize
            + ::renamed::__private::serde::de::DeserializeOwned + ::core::marker::Send
            + ::core::marker::Sync + ::renamed::Schema,
        NotedV2<T>: ::renamed::Event,
        T: Copy,
    {
        ::renamed::__private::stored::<NotedV2<T>>()
    }
    #[automatically_derived]
    impl<T> ::renamed::Schema for Noted<T>
    where
        Noted<T>: 'static,
        T: ::renamed::Schema,
        T: Copy,
    {
        #[inline]
        fn __shape(
            __types: &mut ::renamed::__private::Describer,
        ) -> ::renamed::__private::Shape {
            ::renamed::__private::Describer::define::<
                Self,
            >(
                __types,
                &::renamed::__private::TypeSpec {
                    name: "Noted",
                    module: ::core::module_path!(),
                    arguments: &[<T as ::renamed::Schema>::__shape],
                    form: ::renamed::__private::Form::Struct(
                        ::renamed::__private::VariantSpec {
                            name: "",
                            flags: 0u16,
                            fields: &[
                                ::renamed::__private::FieldSpec {
                                    name: "0",
                                    flags: 0u16,
                                    shape: <T as ::renamed::Schema>::__shape,
                                    more: ::core::option::Option::None,
                                },
                                ::renamed::__private::FieldSpec {
                                    name: "1",
                                    flags: 0u16,
                                    shape: <u32 as ::renamed::Schema>::__shape,
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
