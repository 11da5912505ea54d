// From

#[derive(AggregateId)]
#[aggregate_id(crate = ::renamed)]
pub struct OrderId(Uuid);

// follows

#[allow(deprecated, unused_qualifications, clippy::absolute_paths)]
const _: () = {
    #[automatically_derived]
    impl ::renamed::AggregateId for OrderId {
        fn to_text(&self) -> ::renamed::__private::Cow<'_, ::core::primitive::str> {
            <Uuid as ::renamed::AggregateId>::to_text(&self.0)
        }
        fn from_text(
            __text: &::core::primitive::str,
        ) -> ::core::result::Result<Self, ::renamed::aggregate::InvalidId> {
            ::core::result::Result::map(
                <Uuid as ::renamed::AggregateId>::from_text(__text),
                |__id| Self(__id),
            )
        }
    }
};
