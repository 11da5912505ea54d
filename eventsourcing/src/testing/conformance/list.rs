//! What is made of the table in `contract`: the list of checks, and a test for each.

use super::{Check, Requirement, event_store, snapshot_store};

/// Makes each check of the [kit](crate::testing::conformance) a test of its own, named
/// `<name>::<trait>::<method>::<check>`. The expression gives a [`Kit`](crate::testing::conformance::Kit), anew for each test.
///
/// ```
/// use eventsourcing::{MemoryStore, store::Capabilities, testing::conformance::{Kit, Subject}};
///
/// eventsourcing::conformance_tests! {
///     memory => Kit::new(|| async { Subject::new(MemoryStore::new()) }, Capabilities::full())
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! conformance_tests {
    ($($name:ident => $kit:expr),+ $(,)?) => {
        $( $crate::__conformance_table! { __conformance_modules!($name => $kit) } )+
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_modules {
    (($name:ident => $kit:expr) $($trait:ident: $kind:ident { $($method:ident {
        $($rule:literal { $($check:ident $(($($need:ident),+))?),+ $(,)? })+
    })+ })+) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[allow(dead_code)]
            fn __kit() -> $crate::testing::conformance::Kit {
                $kit
            }

            $(mod $trait {
                $(mod $method {
                    $($(
                        #[test]
                        fn $check() {
                            super::super::__kit().assert(concat!(
                                stringify!($trait), "::", stringify!($method), "::", stringify!($check)
                            ));
                        }
                    )+)+
                })+
            })+
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_checks {
    (() $($trait:ident: $kind:ident { $($method:ident {
        $($rule:literal { $($check:ident $(($($need:ident),+))?),+ $(,)? })+
    })+ })+) => {
        const CHECKS: &[Check] = &[$($($($(
            Check {
                name: concat!(stringify!($trait), "::", stringify!($method), "::", stringify!($check)),
                method: concat!(stringify!($trait), "::", stringify!($method)),
                rule: $rule,
                needs: &[Requirement::$kind $($(, Requirement::$need)+)?],
                perform: |trial| Box::pin($trait::$method::$check(trial)),
            },
        )+)+)+)+];
    };
}

__conformance_table! { __conformance_checks!() }

/// Every check of the kit, in the order of the contract.
pub fn checks() -> &'static [Check] {
    CHECKS
}
