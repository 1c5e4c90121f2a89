//! The attribute [`macro@measured`], which `telemetry` re-exports under its feature `attributes`.
//! Depend on `telemetry-core`, not on this crate.
//!
//! How it works: `args` parses what stands in the parentheses, `function` what stands below them,
//! and `expand` hands the body of the one to a `span!` described by the other. The body is never
//! parsed: it goes through as the user's own tokens, so that whatever is wrong in it is reported
//! there.

mod args;
mod expand;
mod field;
mod function;
mod observe;
mod returns;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Measures each call of a function as a span. It is `telemetry::measured`, with the feature
/// `attributes` of `telemetry-core`.
///
/// ```
/// # use telemetry_macros::measured;
/// # #[derive(Debug)] struct User { tenant: String }
/// # #[derive(Debug)] struct Repo;
/// # impl Repo { fn query(&self, _: usize) -> std::io::Result<Vec<User>> { Ok(Vec::new()) } }
/// # impl Repo {
/// #[measured("repo.list_users", fields(limit, tenant = user.tenant, "db.table" = "users"))]
/// async fn list_users(&self, limit: usize, user: &User) -> std::io::Result<Vec<User>> {
///     self.query(limit)
/// }
/// # }
/// ```
///
/// Each call emits `repo.list_users.start`, and then exactly one of `repo.list_users.stop` and
/// `repo.list_users.exception`. If nobody listens, a call costs what an unobserved `span!` costs:
/// no clock is read, nothing is allocated, and nothing in the parentheses is evaluated.
///
/// The terminal event says in `outcome` how the call ended:
///
/// | the function | event | `outcome` |
/// |---|---|---|
/// | returns | `.stop` | `ok` |
/// | returns an `Err`, by `return`, `?` or at its end | `.stop` | `error`, with `reason` |
/// | is async, and its future is dropped half-way | `.stop` | `cancelled` |
/// | panics | `.exception` | `panic`, with `kind` and `reason` |
///
/// # The name
///
/// A string literal, the first thing in the parentheses. It is checked while compiling. A library
/// whose prefix is chosen at run time uses `span!` with a `SpanName` instead,
/// `span!("*.list_users" => self.list_users)`.
///
/// # `fields(..)`: what is known at the beginning
///
/// Metadata of every event of the span, separated by commas:
///
/// - `limit`: the argument of that name;
/// - `tenant = user.tenant`: any expression over the arguments and `self`; it is taken by
///   reference, so nothing is moved, and the body may move its arguments as it likes;
/// - `"db.table" = "users"`: a key that is not an identifier is a string literal.
///
/// Values are what `span!` takes: text, numbers, `bool`, `char`, `Duration`, `Option`s of them,
/// and `telemetry::display(&x)`, `debug(&x)` or `any(&x)` for all else. The expressions are
/// evaluated before the body, and only if somebody listens. So they cannot leave the function (no
/// `?`, `return` or `.await`), and should not do anything that matters to it.
///
/// **No argument is recorded unless it is named**: think of passwords.
///
/// # `result = |value| ..`: what is known at the end
///
/// A closure that is given a reference to the returned value. With one parameter, what it returns
/// becomes the metadata `result` of the terminal event:
///
/// ```
/// # use telemetry_macros::measured;
/// #[measured("cache.get", fields(key), result = |found| found.is_some())]
/// fn get(key: &str) -> Option<u32> {
/// #   key.parse().ok()
///     // ..
/// }
/// # get("7");
/// ```
///
/// With two parameters, the first is the span's `SpanHandle`, and the closure records what it
/// likes, through `measure`, `set` and `fail`; it returns nothing:
///
/// ```
/// # use telemetry_macros::measured;
/// #[measured("repo.names", result = |span, names| {
///     span.measure("rows", names.len());
///     span.set("complete", names.len() < 100);
/// })]
/// fn names() -> Vec<String> {
/// #   Vec::new()
///     // ..
/// }
/// # names();
/// ```
///
/// It runs only if somebody listens, and not if the function panics. Of a function that returns a
/// `Result` it sees `Err`s, too. It is part of the function: its time counts, and if it panics,
/// the function has panicked.
///
/// # `errors = display | debug | ignore`
///
/// A function is taken to return a `Result` if the last word of its return type's path is
/// `Result`, as in `io::Result<u32>`. Then an `Err` makes the outcome `error`, and its `Display`
/// text is the `reason`. `errors = debug` takes the `Debug` text, for errors that have no other.
/// With `errors = ignore` an `Err` is a value like any other, and nothing is asked of its type.
/// If an alias hides the `Result`, write `errors = display` or `errors = debug`.
///
/// # `crate = path`
///
/// Where `telemetry` is, if not at `::telemetry`: `crate = my_library::telemetry`.
///
/// # Functions
///
/// Free functions and methods, in inherent and trait implementations or as the default of a trait;
/// async or not; with generics, lifetimes, `impl Trait` and patterns in the arguments.
///
/// - An **`async fn`** begins its span when its future is first polled: before, it has done
///   nothing. Its future is `Send` if it was without the attribute.
/// - A **function that returns a future**, written as `impl Future<Output = T>`,
///   `Pin<Box<dyn Future<Output = T>>>`, `BoxFuture<'_, T>` or `LocalBoxFuture<'_, T>`, begins its
///   span when it is called; the span ends with the future, and `result` and `errors` are about
///   `T`. A future that is never polled is `cancelled`. This is also what methods under
///   `#[async_trait]` become. If an alias hides the future, only the making of it is measured.
/// - Arguments are dropped in the order in which they always are, and within the span.
/// - In a `#[track_caller]` function the body is no longer tracked: a panic in it, and
///   `Location::caller()`, name a place in the function itself.
///
/// Not measured, because they cannot be: a `const fn` (it may run while compiling) and an
/// `extern fn` (a foreign caller; measure what it calls).
///
/// ```compile_fail
/// # use telemetry_macros::measured;
/// #[measured("shop..checkout")] // no segment between the dots
/// fn checkout() {}
/// ```
#[proc_macro_attribute]
pub fn measured(args: TokenStream, item: TokenStream) -> TokenStream {
    let original = proc_macro2::TokenStream::from(item.clone());
    let function = parse_macro_input!(item as function::Function);
    let expanded = syn::parse(args).and_then(|args| expand::expand(&args, function));
    // The function stays where it is, so that its callers do not break as well.
    let tokens = expanded.unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote::quote!(#error #original)
    });
    tokens.into()
}
