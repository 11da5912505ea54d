//! The trait that the user implements, one method per event, and the mutator that dispatches to it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::{
    attr::Stage,
    model::{Aggregate, Event, Id},
    names,
};

/// ```text
/// trait OrderHandlers: Sized {
///     fn order_created(id: &Uuid, event: OrderCreated) -> Self;
///     fn item_added(&mut self, event: ItemAdded);
/// }
/// ```
///
/// The name and the signature of a method have the span of the event, which rustc shows beside a handler that is
/// missing or of another type.
pub(super) fn expand(model: &Aggregate) -> TokenStream {
    let Aggregate {
        ident,
        handlers,
        handlers_vis,
        ..
    } = model;
    let doc = format!(" How the events of `{ident}` make its state: one function per event.");
    let creations = model.events_of(Stage::Create).map(|event| {
        let Event { path, handler, .. } = event;
        let id = &model.id;
        let id = quote_spanned!(id.span()=> &#id);
        let doc = format!(" The state that `{}` begins with.", names::shown(path));
        quote_spanned! {event.span()=>
            #[doc = #doc]
            fn #handler(id: #id, event: #path) -> Self;
        }
    });
    let changes = model.events_of(Stage::Change).map(|event| {
        let Event { path, handler, .. } = event;
        let doc = format!(" What `{}` changes.", names::shown(path));
        quote_spanned! {event.span()=>
            #[doc = #doc]
            fn #handler(&mut self, event: #path);
        }
    });
    let declared = quote_spanned!(handlers.span()=> trait #handlers);
    quote! {
        #[doc = #doc]
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
        #handlers_vis #declared: ::core::marker::Sized {
            #(#creations)*
            #(#changes)*
        }
    }
}

/// ```text
/// struct __Mutator<__A>(PhantomData<__A>);
/// impl<__A: OrderHandlers> __Mutator<__A> {
///     const __IS_HANDLED: bool = true;
///     fn __begin(__id: &Uuid, __event: OrderEvent) -> Result<__A, OrderEvent> {
///         match __event {
///             OrderEvent::OrderCreated(__event) => Ok(<__A as OrderHandlers>::order_created(__id, __event)),
///             __other @ (OrderEvent::ItemAdded(_)) => Err(__other),
///         }
///     }
///     fn __apply(__state: &mut __A, __event: OrderEvent) -> Result<(), OrderEvent> { … }
/// }
/// trait __Unhandled<__A>: Sized { /* the same, never run */ }
/// impl<__A> __Unhandled<__A> for __Mutator<__A> {}
/// const _: () = if !<__Mutator<Order>>::__IS_HANDLED { panic!("…") };
/// ```
///
/// rustc prefers the inherent items if there is an `impl OrderHandlers for Order`, and otherwise falls back to those of
/// the trait: so that without it the `panic!` is the one error. (`#[diagnostic::on_unimplemented]` on the trait would
/// do as well, but is not found under `no_implicit_prelude`.)
pub(super) fn expand_mutator(model: &Aggregate) -> TokenStream {
    let Aggregate {
        id,
        handlers,
        event_enum,
        ..
    } = model;
    let call = |event: &Event, first: TokenStream| {
        let Event {
            variant, handler, ..
        } = event;
        quote_spanned! {event.span()=>
            #event_enum::#variant(__event) => ::core::result::Result::Ok(
                <__A as #handlers>::#handler(#first, __event)
            )
        }
    };
    let begins = model
        .events_of(Stage::Create)
        .map(|e| call(e, quote!(__id)));
    let applies = model
        .events_of(Stage::Change)
        .map(|e| call(e, quote!(__state)));
    let no_creation = all_but(Stage::Create, model);
    let no_change = all_but(Stage::Change, model);
    let begin = quote! {
        fn __begin(__id: &#id, __event: #event_enum) -> ::core::result::Result<__A, #event_enum>
    };
    let apply = quote! {
        fn __apply(__state: &mut __A, __event: #event_enum) -> ::core::result::Result<(), #event_enum>
    };
    let require_handlers = require_handlers(model);
    quote! {
        #[allow(dead_code)]
        struct __Mutator<__A>(::core::marker::PhantomData<__A>);
        impl<__A: #handlers> __Mutator<__A> {
            const __IS_HANDLED: ::core::primitive::bool = true;
            #begin {
                match __event {
                    #(#begins,)*
                    #no_creation
                }
            }
            #[inline]
            #apply {
                match __event {
                    #(#applies,)*
                    #no_change
                }
            }
        }
        #[allow(dead_code, unused_variables)]
        trait __Unhandled<__A>: ::core::marker::Sized {
            const __IS_HANDLED: ::core::primitive::bool = false;
            #begin {
                ::core::unreachable!()
            }
            #apply {
                ::core::unreachable!()
            }
        }
        impl<__A> __Unhandled<__A> for __Mutator<__A> {}
        #require_handlers
    }
}

/// What a user reads who has not implemented the trait: the impl to write.
fn require_handlers(model: &Aggregate) -> TokenStream {
    let Aggregate {
        ident, handlers, ..
    } = model;
    if !model.generics.params.is_empty() {
        return TokenStream::new();
    }
    let id = match &model.id {
        Id::Given(id) => names::shown(id),
        Id::Broken(_) => "Id".to_owned(),
    };
    let functions: String = model
        .events
        .iter()
        .filter_map(
            |Event {
                 stage,
                 path,
                 handler,
                 ..
             }| {
                let event = names::shown(path);
                match stage {
                    Stage::Create => Some(format!(
                        "    fn {handler}(id: &{id}, event: {event}) -> Self {{ … }}\n"
                    )),
                    Stage::Change => Some(format!(
                        "    fn {handler}(&mut self, event: {event}) {{ … }}\n"
                    )),
                    Stage::Discard => None,
                }
            },
        )
        .collect();
    if functions.is_empty() {
        return TokenStream::new();
    }
    let message = format!(
        "the handlers of `{ident}` are missing: write one function per event\n\nimpl {handlers} for {ident} {{\n{functions}}}\n"
    );
    quote_spanned! {ident.span()=>
        const _: () = if !<__Mutator<#ident>>::__IS_HANDLED {
            ::core::panic!("{}", #message)
        };
    }
}

/// The arm that gives events of other stages back; none if there are none.
fn all_but(stage: Stage, model: &Aggregate) -> TokenStream {
    let event_enum = &model.event_enum;
    let others: Vec<_> = model
        .events
        .iter()
        .filter(|event| event.stage != stage)
        .map(|Event { variant, .. }| quote!(#event_enum::#variant(_)))
        .collect();
    if others.is_empty() {
        return TokenStream::new();
    }
    quote!(__other @ (#(#others)|*) => ::core::result::Result::Err(__other),)
}
