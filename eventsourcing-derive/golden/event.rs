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
            + ::core::marker::Sync + 'static,
        T: Copy,
    {
        const NAME: &'static ::core::primitive::str = "noted";
        const VERSION: ::core::primitive::u32 = 1u32;
        const ALIASES: &'static [&'static ::core::primitive::str] = &["Noted"];
    }
};
