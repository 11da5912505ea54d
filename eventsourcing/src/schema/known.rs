//! The types of the standard library that serde covers. The names are hashed: never change one.
//!
//! A type that only holds another (`Box`, `Arc`, `Cell`, …) is written as it and has its shape. But not one that a clone
//! may share, and change: the copy of a state would change with it (`faithful`).

use std::{
    any,
    borrow::Cow,
    cell::{Cell, RefCell},
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque},
    ffi::{CStr, CString, OsStr, OsString},
    marker::PhantomData,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    num::{
        NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
        NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize, Saturating, Wrapping,
    },
    ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo},
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{
            AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicU8,
            AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
        },
    },
    time::{Duration, SystemTime},
};

use super::{Describer, Schema, description::Shape};

/// A type with a name of its own and type arguments that are part of its shape.
macro_rules! known {
    ($($(#[$attribute:meta])* $name:literal: [$($bounds:tt)*] $type:ty, ($($argument:ty),*);)*) => {$(
        $(#[$attribute])*
        impl<$($bounds)*> Schema for $type {
            fn __shape(types: &mut Describer) -> Shape {
                types.known($name, &[$(<$argument as Schema>::__shape),*])
            }
        }
    )*};
}
pub(super) use known;

known! {
    "bool": [] bool, ();
    "u8": [] u8, ();
    "u16": [] u16, ();
    "u32": [] u32, ();
    "u64": [] u64, ();
    "u128": [] u128, ();
    "usize": [] usize, ();
    "i8": [] i8, ();
    "i16": [] i16, ();
    "i32": [] i32, ();
    "i64": [] i64, ();
    "i128": [] i128, ();
    "isize": [] isize, ();
    "f32": [] f32, ();
    "f64": [] f64, ();
    "char": [] char, ();
    "String": [] String, ();
    "NonZeroI8": [] NonZeroI8, ();
    "NonZeroI16": [] NonZeroI16, ();
    "NonZeroI32": [] NonZeroI32, ();
    "NonZeroI64": [] NonZeroI64, ();
    "NonZeroI128": [] NonZeroI128, ();
    "NonZeroIsize": [] NonZeroIsize, ();
    "NonZeroU8": [] NonZeroU8, ();
    "NonZeroU16": [] NonZeroU16, ();
    "NonZeroU32": [] NonZeroU32, ();
    "NonZeroU64": [] NonZeroU64, ();
    "NonZeroU128": [] NonZeroU128, ();
    "NonZeroUsize": [] NonZeroUsize, ();
    "IpAddr": [] IpAddr, ();
    "Ipv4Addr": [] Ipv4Addr, ();
    "Ipv6Addr": [] Ipv6Addr, ();
    "SocketAddr": [] SocketAddr, ();
    "SocketAddrV4": [] SocketAddrV4, ();
    "SocketAddrV6": [] SocketAddrV6, ();
    "Duration": [] Duration, ();
    "SystemTime": [] SystemTime, ();
    "PathBuf": [] PathBuf, ();
    "CString": [] CString, ();
    "OsString": [] OsString, ();
    "()": [] (), ();
    "Option": [T: Schema] Option<T>, (T);
    "Vec": [T: Schema] Vec<T>, (T);
    "VecDeque": [T: Schema] VecDeque<T>, (T);
    "LinkedList": [T: Schema] LinkedList<T>, (T);
    "BinaryHeap": [T: Schema] BinaryHeap<T>, (T);
    "BTreeSet": [T: Schema] BTreeSet<T>, (T);
    "Reverse": [T: Schema] Reverse<T>, (T);
    "Wrapping": [T: Schema] Wrapping<T>, (T);
    "Saturating": [T: Schema] Saturating<T>, (T);
    "Range": [T: Schema] Range<T>, (T);
    "RangeInclusive": [T: Schema] RangeInclusive<T>, (T);
    "RangeFrom": [T: Schema] RangeFrom<T>, (T);
    "RangeTo": [T: Schema] RangeTo<T>, (T);
    "Bound": [T: Schema] Bound<T>, (T);
    "HashSet": [T: Schema, S: 'static] HashSet<T, S>, (T);
    "BTreeMap": [K: Schema, V: Schema] BTreeMap<K, V>, (K, V);
    "HashMap": [K: Schema, V: Schema, S: 'static] HashMap<K, V, S>, (K, V);
    "Result": [T: Schema, E: Schema] Result<T, E>, (T, E);
    "Mutex": [T: Schema + ?Sized] Mutex<T>, (T);
    "RwLock": [T: Schema + ?Sized] RwLock<T>, (T);
    "AtomicBool": [] AtomicBool, ();
    "AtomicI8": [] AtomicI8, ();
    "AtomicI16": [] AtomicI16, ();
    "AtomicI32": [] AtomicI32, ();
    "AtomicI64": [] AtomicI64, ();
    "AtomicIsize": [] AtomicIsize, ();
    "AtomicU8": [] AtomicU8, ();
    "AtomicU16": [] AtomicU16, ();
    "AtomicU32": [] AtomicU32, ();
    "AtomicU64": [] AtomicU64, ();
    "AtomicUsize": [] AtomicUsize, ();
}

/// Nothing of it is written; what it stands for is part of what the type around it means.
impl<T: ?Sized + 'static> Schema for PhantomData<T> {
    fn __shape(_: &mut Describer) -> Shape {
        let of = Describer::phantom(any::type_name::<T>());
        Shape::Known("PhantomData", vec![of])
    }
}

/// A type that is written as another.
macro_rules! written_as {
    ($([$($bounds:tt)*] $type:ty => $other:ty;)*) => {$(
        impl<$($bounds)*> Schema for $type {
            fn __shape(types: &mut Describer) -> Shape {
                <$other as Schema>::__shape(types)
            }
        }
    )*};
}

written_as! {
    [] str => String;
    [] Path => PathBuf;
    [] CStr => CString;
    [] OsStr => OsString;
    [T: Schema] [T] => Vec<T>;
    [T: Schema + ?Sized] Box<T> => T;
    [T: Schema + ?Sized] Rc<T> => T;
    [T: Schema + ?Sized] Arc<T> => T;
    [T: Schema + ToOwned + ?Sized] Cow<'static, T> => T;
    [T: Schema + ?Sized] Cell<T> => T;
    [T: Schema + ?Sized] RefCell<T> => T;
}

impl<T: Schema, const N: usize> Schema for [T; N] {
    fn __shape(types: &mut Describer) -> Shape {
        Shape::Array(Box::new(T::__shape(types)), N)
    }
}

/// As many elements as serde takes.
macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first: Schema, $($rest: Schema),*> Schema for ($first, $($rest,)*) {
            fn __shape(types: &mut Describer) -> Shape {
                Shape::Tuple(vec![$first::__shape(types), $($rest::__shape(types)),*])
            }
        }
        tuples!($($rest)*);
    };
    () => {};
}

tuples!(A B C D E F G H I J K L M N O P);
