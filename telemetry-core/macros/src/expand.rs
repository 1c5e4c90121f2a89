//! The function that the attribute makes of the one below it.
//!
//! The body becomes a closure or a future, handed to the span. Where the returned value is looked
//! at there are two of them, one in the other, because `return` and `?` in the body must not leave
//! the outer one. Closures go through `__telemetry_run`, whose signature makes them `FnOnce`: one
//! that is called where it is written may not return a borrow of what it captured.
//!
//! Local variables are hygienic, paths are absolute, and every token that is not the user's says
//! that it is the macro's, so that lints leave it alone. Lints that do not care are allowed where
//! they would strike, never for the body.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, ExprReference, Signature, Token};

use crate::args::Args;
use crate::function::{Arguments, Function};
use crate::observe::observe;
use crate::returns::{Output, Returns, Work};

/// The place of `span`, but written by the macro.
pub(crate) fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

fn variable(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

pub(crate) fn expand(args: &Args, mut function: Function) -> syn::Result<TokenStream> {
    let texts: Vec<String> = args
        .fields
        .iter()
        .map(|field| {
            let value = &field.value;
            quote!(#value).to_string()
        })
        .collect();
    // Text in literals counts, too: `format!("{limit}")`.
    let mentioned = |name: &Ident| {
        let name = name.to_string();
        texts.iter().any(|text| text.contains(&name))
    };
    let arguments = Arguments::take(&mut function, mentioned);
    check_shorthands(args, &arguments, &function.signature)?;

    let returns = Returns::of(&function.signature);
    let (span, handle, value) = (variable("span"), variable("handle"), variable("value"));
    let observation = observe(args, &returns, &handle, &value)?;

    let begin = begin(args, &span);
    let body = Body {
        function: &function,
        bindings: &arguments.bindings,
        returns: &returns,
    };
    let run = (observation.is_some() || matches!(returns.work, Work::Future | Work::BoxedFuture))
        .then(|| {
            quote! {
                #[inline(always)]
                fn __telemetry_run<R>(work: impl ::core::ops::FnOnce() -> R) -> R {
                    work()
                }
            }
        });
    let prepare = observation
        .is_some()
        .then(|| quote!(let #handle = #span.is_observed().then(|| #span.handle());));
    let look = observation.map(|observation| {
        quote! {
            if let ::core::option::Option::Some(#handle) = #handle {
                #observation
            }
        }
    });

    let work = match returns.work {
        Work::Call => {
            let closure = body.closure();
            let work = match look {
                None => closure,
                Some(look) => {
                    let arrow = arrow(&returns.written);
                    quote! {
                        move || #arrow {
                            let #value = __telemetry_run(#closure);
                            #look
                            #value
                        }
                    }
                }
            };
            quote!(#span.in_scope(#work))
        }
        Work::Async => {
            let work = looking(&body.future(), look, &value);
            quote!(#span.wrap(#work).await)
        }
        Work::Future | Work::BoxedFuture => {
            let (future, closure) = (variable("future"), body.closure());
            let wrapped = looking(&quote!(#future), look, &value);
            let wrapped = quote!(#span.wrap(#wrapped));
            let wrapped = if returns.work == Work::Future {
                wrapped
            } else {
                // The second box, only for those who listen.
                quote! {
                    if #span.is_observed() {
                        ::std::boxed::Box::pin(#wrapped)
                    } else {
                        #future
                    }
                }
            };
            // The span is current while the future is made, too.
            let entered = variable("entered");
            quote! {
                let #entered = #span.is_observed().then(|| #span.enter());
                let #future = __telemetry_run(#closure);
                ::core::mem::drop(#entered);
                #wrapped
            }
        }
    };

    Ok(function.with_body(&quote! {
        #run
        #begin
        #prepare
        #work
    }))
}

fn begin(args: &Args, span: &Ident) -> TokenStream {
    let Args {
        name,
        fields,
        telemetry,
        ..
    } = args;
    let fields = fields.iter().map(|field| {
        let (key, place) = (&field.key, at(field.value.span()));
        // Made by syn, which knows where parentheses are needed.
        let reference = ExprReference {
            attrs: Vec::new(),
            and_token: Token![&](place),
            mutability: None,
            expr: Box::new(field.value.clone()),
        };
        // `span!` does this as well, but an error there does not point at the value.
        let converted = quote_spanned!(place=> #telemetry::ToValue::to_value(#reference));
        quote!(#key: #converted)
    });
    // An invalid name is reported by `span!`, at the name.
    let begin = quote_spanned!(at(name.span())=> #telemetry::span!(#name, { #(#fields),* }));
    quote!(let #span = #begin;)
}

fn check_shorthands(args: &Args, arguments: &Arguments, signature: &Signature) -> syn::Result<()> {
    let mut errors = args
        .fields
        .iter()
        .filter_map(|field| field.shorthand.as_ref())
        .filter(|field| !arguments.names.contains(field))
        .map(|unknown| {
            let names: Vec<_> = arguments
                .names
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            let known = if names.is_empty() {
                "it has none".to_owned()
            } else {
                format!("it has {}", names.join(", "))
            };
            let message = format!(
                "`{unknown}` is not an argument of `{}`: {known}; to record something else, give \
                 it a key, `{unknown} = ..`",
                signature.ident
            );
            Error::new(unknown.span(), message)
        });
    let Some(mut first) = errors.next() else {
        return Ok(());
    };
    first.extend(errors);
    Err(first)
}

/// A future whose output is looked at before it is handed on.
fn looking(future: &TokenStream, look: Option<TokenStream>, value: &Ident) -> TokenStream {
    match look {
        None => future.clone(),
        Some(look) => quote! {
            async move {
                let #value = #future.await;
                #look
                #value
            }
        },
    }
}

fn arrow(output: &Output) -> TokenStream {
    match output {
        Output::Unit => quote!(),
        Output::Never => quote!(-> !),
        Output::Type(ty) => quote!(-> #ty),
    }
}

/// The body of the function, to be put elsewhere.
struct Body<'f> {
    function: &'f Function,
    bindings: &'f TokenStream,
    returns: &'f Returns,
}

impl Body<'_> {
    fn closure(&self) -> TokenStream {
        let arrow = arrow(&self.returns.written);
        let statements = self.statements();
        quote!(move || #arrow { #statements })
    }

    fn future(&self) -> TokenStream {
        let statements = self.statements();
        // Nothing else tells the type to `return` and `?`: an async block cannot be annotated.
        let typed = match &self.returns.written {
            Output::Type(ty) if !matches!(**ty, syn::Type::Infer(_)) => {
                let fake = variable("fake");
                let ty_span = at(ty.span());
                Some(quote_spanned! {ty_span=>
                    if let ::core::option::Option::Some(#fake) = ::core::option::Option::None::<#ty> {
                        return #fake;
                    }
                })
            }
            _ => None,
        };
        quote!(async move { #typed #statements })
    }

    /// An arm of a `match` ends the life of the temporaries in it; those at the end of a block
    /// would, before edition 2024, outlive the arguments that they borrow from.
    fn statements(&self) -> TokenStream {
        let (bindings, body) = (self.bindings, &self.function.body);
        quote!(#bindings match () { () => #body })
    }
}
