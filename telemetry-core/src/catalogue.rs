//! The catalogue: every place in the program that emits.
//!
//! With the feature `catalogue`, the macros put each callsite into a table that the linker lays
//! out, so the list is complete before anything has run. Nothing depends on it for being correct.
//! [`catalogue`] documents what is in it and what is not; why that is so:
//!
//! - The table's entry is a static of its own beside the callsite's. The compiler takes statics for
//!   used wherever they stand, in a generic function, too, or behind `if false`: hence an upper
//!   bound, which neither optimization nor the number of codegen units changes.
//! - The table is a section of one linked file, and its bounds are those of the file that contains
//!   this crate. A `cdylib` contains all its Rust code, so its table is whole. Rust dynamic
//!   libraries have a table each, of which we see one.
//!
//! Where the linker cannot (WebAssembly, and other targets that `linkme` does not know), callsites
//! are listed when they are first met, so the list grows while the program runs. That way is always
//! taken as well: it costs a first execution one push, and so it is tested everywhere.

#[cfg(linked_catalogue)]
pub use linked::CALLSITES;
#[cfg(feature = "catalogue")]
pub use listed::{catalogue, catalogue_is_complete};

use crate::CallsiteInfo;

/// Keeps a callsite that runs for the first time.
#[cfg(feature = "catalogue")]
pub(crate) fn met(info: &'static CallsiteInfo) {
    listed::met(info);
}

#[cfg(not(feature = "catalogue"))]
pub(crate) fn met(_: &'static CallsiteInfo) {}

/// As [`met`], for callsites whose name is chosen at run time: those have no gate that is met
/// once, so they are only kept where the linker has not listed them, and when they are observed.
#[inline]
pub(crate) fn met_at_run_time(info: &'static CallsiteInfo) {
    if cfg!(all(feature = "catalogue", not(linked_catalogue))) {
        met(info);
    }
}

#[cfg(linked_catalogue)]
mod linked {
    use crate::CallsiteInfo;

    /// What the linker has put together.
    #[doc(hidden)]
    #[linkme::distributed_slice]
    pub static CALLSITES: [&'static CallsiteInfo];
}

#[cfg(feature = "catalogue")]
mod listed {
    use std::collections::HashMap;
    use std::sync::{Mutex, PoisonError};

    use once_cell::sync::Lazy;

    use crate::CallsiteInfo;

    /// By address, to hold each only once.
    static MET: Lazy<Mutex<HashMap<usize, &'static CallsiteInfo>>> = Lazy::new(Mutex::default);

    fn address(info: &'static CallsiteInfo) -> usize {
        std::ptr::from_ref(info).addr()
    }

    pub(super) fn met(info: &'static CallsiteInfo) {
        let mut met = MET.lock().unwrap_or_else(PoisonError::into_inner);
        met.insert(address(info), info);
    }

    /// Every place in the program that emits, in the order of names, then of files and lines.
    ///
    /// It knows the callsites of every crate that is linked in, before any of them has run. A callsite
    /// in a generic function is one, whatever types the function is used with.
    ///
    /// # Limits
    ///
    /// It is an upper bound of what the macros can emit:
    ///
    /// - Code that nothing calls is listed, too: functions, whole modules, generic functions that no
    ///   type was ever put into, what stands behind `if false`. Optimization, codegen units and
    ///   link-time optimization make no difference.
    /// - Code that is not compiled is not listed: what `#[cfg]` leaves out, features that are off.
    /// - A dependency that no code of the program names is not linked, so it is not listed.
    ///   `use that_crate as _;` links it.
    /// - Tests see the callsites of the test binary.
    ///
    /// And it does not know:
    ///
    /// - What [`emit`](crate::emit) emits: neither names nor keys of that are in the program's text.
    /// - Names chosen at run time: only how they end, if the code says so (`*.query`), or else `*`.
    ///   Of spans it is likewise `*.mail.send.stop`, or else `*.stop`. Nothing checks that the names
    ///   do end so: who says something else makes the catalogue wrong.
    /// - Keys that are added to a running span, see [`CallsiteInfo::is_open`].
    /// - What lies in another linked file than this crate: Rust dynamic libraries (`prefer-dynamic`,
    ///   `crate-type = ["dylib"]`) and what is loaded at run time. Those callsites are listed
    ///   once they have run. A `cdylib` with this crate inside has a whole catalogue, its own.
    ///
    /// On targets where the linker cannot put it together (those that `linkme` does not know, such
    /// as WebAssembly), each callsite is listed once it has run (one with a name chosen at run time:
    /// once it was observed), and [`catalogue_is_complete`] is false.
    ///
    /// ```
    /// telemetry::execute!("catalogue.example.done", { count: 1 }, { by: "me" });
    ///
    /// let found = telemetry::catalogue().find(|at| at.name() == "catalogue.example.done").unwrap();
    /// assert_eq!(found.measurement_keys(), ["count"]);
    /// println!("{}:{}", found.file(), found.line());
    /// ```
    pub fn catalogue() -> impl Iterator<Item = &'static CallsiteInfo> {
        // Ours: the macros' way would be a static with a link section in this crate, which to the
        // compiler is `unsafe` code.
        met(crate::failure::CALLSITE.info());
        met(crate::crash::CALLSITE.info());
        let mut all = MET.lock().unwrap_or_else(PoisonError::into_inner).clone();
        #[cfg(linked_catalogue)]
        all.extend(
            super::linked::CALLSITES
                .iter()
                .map(|info| (address(info), *info)),
        );
        let mut all: Vec<_> = all.into_values().collect();
        all.sort_unstable_by_key(|info| (info.name(), info.file(), info.line()));
        all.into_iter()
    }

    /// Whether the [`catalogue`] was put together by the linker, so that what is not in it is not
    /// in the program either. Where it grows while the program runs, absence proves nothing.
    ///
    /// It cannot know of code in other linked files: programs that are linked from Rust dynamic
    /// libraries, and code that is loaded at run time, see the limits of [`catalogue`].
    ///
    /// ```
    /// let emits = |event| telemetry::catalogue().any(|at| at.may_emit(event));
    /// if telemetry::catalogue_is_complete() && !emits("shop.order.placed") {
    ///     println!("nothing in this program emits `shop.order.placed`");
    /// }
    /// ```
    #[must_use]
    pub fn catalogue_is_complete() -> bool {
        // An empty table is one that the linker threw away, or a program with no use for it.
        #[cfg(linked_catalogue)]
        return !super::linked::CALLSITES.is_empty();
        #[cfg(not(linked_catalogue))]
        false
    }
}

/// Puts a callsite into the linker's table; what it expands to was decided when this crate was
/// built, because a user's crate has neither our features nor our `cfg`.
#[cfg(linked_catalogue)]
#[doc(hidden)]
#[macro_export]
macro_rules! __catalogue {
    ($info:expr) => {
        const _: () = {
            #[$crate::__private::linkme::distributed_slice($crate::__private::CALLSITES)]
            #[linkme(crate = $crate::__private::linkme)]
            static __TELEMETRY_LISTED: &$crate::CallsiteInfo = $info;
        };
    };
}

/// Nothing: callsites are listed when they are met.
#[cfg(not(linked_catalogue))]
#[doc(hidden)]
#[macro_export]
macro_rules! __catalogue {
    ($info:expr) => {};
}
