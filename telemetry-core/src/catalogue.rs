//! The catalogue: every place in the program that emits.
//!
//! With the feature `catalogue`, the macros put each callsite into a table that the linker lays
//! out, so the list is complete before anything has run. It is an upper bound: code that nothing
//! calls is in it, too. Nothing depends on it for being correct.
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
    /// It knows the callsites of every crate that is linked in, before any of them has run; code
    /// that the compiler could see is never called may be missing, and code that is never called may
    /// be there. A generic function may be listed once per type that it was made for, so the places
    /// are not unique. On targets where the linker cannot do this, a callsite is listed once it has
    /// run (one with a name chosen at run time: once it was observed).
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
    /// Code that is loaded at run time (`dlopen`) is never in it.
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
