//! Whether two states are equal, for types of which only the derive knows whether they are `PartialEq`.

/// Two values to be compared.
#[derive(Debug)]
pub struct Both<'a, T>(pub &'a T, pub &'a T);

/// What `__equals` of a [`Both`] is if its type is `PartialEq`.
pub trait ByPartialEq {
    /// `==`, or `None` if neither is even equal to itself (NaN): then it says nothing.
    fn __equals(&self) -> Option<bool>;
}

/// What `__equals` of a [`Both`] is otherwise: a reference more, so that it is looked at last.
pub trait Unequalled {
    /// Nobody knows.
    fn __equals(&self) -> Option<bool>;
}

impl<T: PartialEq> ByPartialEq for Both<'_, T> {
    #[allow(clippy::eq_op, reason = "not so for NaN")]
    fn __equals(&self) -> Option<bool> {
        match (*self.0 == *self.0, *self.1 == *self.1) {
            (true, true) => Some(*self.0 == *self.1),
            (false, false) => None,
            _ => Some(false),
        }
    }
}

impl<T> Unequalled for &Both<'_, T> {
    fn __equals(&self) -> Option<bool> {
        None
    }
}
