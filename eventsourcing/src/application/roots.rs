//! What `save_all` takes: roots, slices of them, and tuples of both.

use super::Application;
use crate::{
    Result,
    aggregate::{Aggregate, Root},
    repository::{Saver, Saving, located},
};

/// Roots that are saved together: `&mut Root<A>`, `&mut [Root<A>]`, `&mut Vec<Root<A>>`, and tuples of up to eight of
/// such. It can't be implemented elsewhere.
pub trait Roots<'a>: Send + sealed::Sealed {
    /// Pairs each root with its repository.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "the trait is sealed")]
    fn savers(self, app: &Application, out: &mut Vec<Box<dyn Saving + 'a>>) -> Result<()>;
}

mod sealed {
    pub trait Sealed {}
}

impl<A: Aggregate> sealed::Sealed for &mut Root<A> {}

impl<'a, A: Aggregate> Roots<'a> for &'a mut Root<A> {
    #[allow(private_interfaces, reason = "the trait is sealed")]
    fn savers(self, app: &Application, out: &mut Vec<Box<dyn Saving + 'a>>) -> Result<()> {
        let id = self.id().clone();
        let repository = app.repository::<A>()?;
        let saver = Saver::new(repository.clone(), self)
            .map_err(|error| located::<A>(error, "save_all", &id))?;
        out.push(Box::new(saver));
        Ok(())
    }
}

impl<A: Aggregate> sealed::Sealed for &mut [Root<A>] {}

impl<'a, A: Aggregate> Roots<'a> for &'a mut [Root<A>] {
    #[allow(private_interfaces, reason = "the trait is sealed")]
    fn savers(self, app: &Application, out: &mut Vec<Box<dyn Saving + 'a>>) -> Result<()> {
        self.iter_mut().try_for_each(|root| root.savers(app, out))
    }
}

impl<A: Aggregate> sealed::Sealed for &mut Vec<Root<A>> {}

impl<'a, A: Aggregate> Roots<'a> for &'a mut Vec<Root<A>> {
    #[allow(private_interfaces, reason = "the trait is sealed")]
    fn savers(self, app: &Application, out: &mut Vec<Box<dyn Saving + 'a>>) -> Result<()> {
        self.as_mut_slice().savers(app, out)
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: sealed::Sealed),+> sealed::Sealed for ($($name,)+) {}

        impl<'a, $($name: Roots<'a>),+> Roots<'a> for ($($name,)+) {
            #[allow(private_interfaces, reason = "the trait is sealed")]
            fn savers(self, app: &Application, out: &mut Vec<Box<dyn Saving + 'a>>) -> Result<()> {
                #[allow(non_snake_case, reason = "one macro name serves as type and as binding")]
                let ($($name,)+) = self;
                $($name.savers(app, out)?;)+
                Ok(())
            }
        }
    };
}

tuples!(R1);
tuples!(R1 R2);
tuples!(R1 R2 R3);
tuples!(R1 R2 R3 R4);
tuples!(R1 R2 R3 R4 R5);
tuples!(R1 R2 R3 R4 R5 R6);
tuples!(R1 R2 R3 R4 R5 R6 R7);
tuples!(R1 R2 R3 R4 R5 R6 R7 R8);
