// From

#[derive(Event)]
#[event(name = "noted", alias = "Noted", crate = ::renamed)]
pub struct Noted<T>(
    T,
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
        T: Copy,
    {
        const NAME: &'static ::core::primitive::str = "noted";
        const VERSION: ::core::primitive::u32 = 1u32;
        const ALIASES: &'static [&'static ::core::primitive::str] = &["Noted"];
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
