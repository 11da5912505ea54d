//! The trait that the user implements, one method per event, and the mutator that dispatches to it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::{
    attr::Stage,
    model::{Aggregate, Event},
    names,
};

/// ```ignore
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
    let doc = format!("How the events of `{ident}` make its state: one function per event.");
    let unimplemented = on_unimplemented(model);
    let creations = model.events_of(Stage::Create).map(|event| {
        let Event { path, handler, .. } = event;
        let id = &model.id;
        let id = quote_spanned!(id.span()=> &#id);
        let doc = format!("The state that `{}` begins with.", names::shown(path));
        quote_spanned! {event.span()=>
            #[doc = #doc]
            fn #handler(id: #id, event: #path) -> Self;
        }
    });
    let changes = model.events_of(Stage::Change).map(|event| {
        let Event { path, handler, .. } = event;
        let doc = format!("What `{}` changes.", names::shown(path));
        quote_spanned! {event.span()=>
            #[doc = #doc]
            fn #handler(&mut self, event: #path);
        }
    });
    let declared = quote_spanned!(handlers.span()=> trait #handlers);
    quote! {
        #[doc = #doc]
        #unimplemented
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

/// What a user reads who has not implemented the trait: the impl to write.
fn on_unimplemented(model: &Aggregate) -> TokenStream {
    let (ident, handlers) = (&model.ident, &model.handlers);
    let id = match &model.id {
        crate::model::Id::Given(id) => names::shown(id),
        crate::model::Id::Broken(_) => "Id".to_owned(),
    };
    let creations = model
        .events_of(Stage::Create)
        .map(|Event { path, handler, .. }| {
            format!(
                "    fn {handler}(id: &{id}, event: {}) -> Self {{{{ … }}}}\n",
                names::shown(path)
            )
        });
    let changes = model
        .events_of(Stage::Change)
        .map(|Event { path, handler, .. }| {
            format!(
                "    fn {handler}(&mut self, event: {}) {{{{ … }}}}\n",
                names::shown(path)
            )
        });
    let functions: String = creations.chain(changes).collect();
    let message = format!("the handlers of `{ident}` are missing");
    let label = format!("`impl {handlers} for {ident}` is missing");
    let note =
        format!("write one function per event:\nimpl {handlers} for {ident} {{{{\n{functions}}}}}");
    quote!(#[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)])
}

/// ```ignore
/// trait __Handled { type Handlers: OrderHandlers; }
/// impl __Handled for Order { type Handlers = Order; }
/// fn __begin<__A: __Handled>(__id: &Uuid, __event: OrderEvent) -> Result<__A::Handlers, OrderEvent> {
///     match __event {
///         OrderEvent::OrderCreated(__event) => Ok(<__A::Handlers as OrderHandlers>::order_created(__id, __event)),
///         __other @ (OrderEvent::ItemAdded(_)) => Err(__other),
///     }
/// }
/// fn __apply<__A: __Handled>(__state: &mut __A::Handlers, __event: OrderEvent) -> Result<(), OrderEvent> { … }
/// ```
///
/// That associated type is the only code that needs the user's `impl OrderHandlers`: without it there is one error.
pub(super) fn expand_mutator(model: &Aggregate) -> TokenStream {
    let Aggregate {
        ident,
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
                <__A::Handlers as #handlers>::#handler(#first, __event)
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
    let (impl_generics, ty_generics, where_clause) = model.generics.split_for_impl();
    quote! {
        trait __Handled {
            type Handlers: #handlers;
        }
        #[automatically_derived]
        impl #impl_generics __Handled for #ident #ty_generics #where_clause {
            type Handlers = #ident #ty_generics;
        }
        fn __begin<__A: __Handled>(
            __id: &#id,
            __event: #event_enum,
        ) -> ::core::result::Result<__A::Handlers, #event_enum> {
            match __event {
                #(#begins,)*
                #no_creation
            }
        }
        fn __apply<__A: __Handled>(
            __state: &mut __A::Handlers,
            __event: #event_enum,
        ) -> ::core::result::Result<(), #event_enum> {
            match __event {
                #(#applies,)*
                #no_change
            }
        }
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
