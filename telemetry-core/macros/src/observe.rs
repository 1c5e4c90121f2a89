//! What is done with the returned value, if somebody listens: `errors` and `result`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Error;
use syn::spanned::Spanned;

use crate::args::{Args, Errors};
use crate::expand::at;
use crate::returns::{Output, Returns};

/// The statements that look at `value` (a variable that holds what the function returns), through
/// `handle` (one that holds a `SpanHandle`). `None` if there is nothing to look at.
pub(crate) fn observe(
    args: &Args,
    returns: &Returns,
    handle: &Ident,
    value: &Ident,
) -> syn::Result<Option<TokenStream>> {
    let errors = errors(args, returns, handle, value)?;
    let result = result(args, returns, handle, value)?;
    Ok((errors.is_some() || result.is_some()).then(|| quote!(#errors #result)))
}

fn errors(
    args: &Args,
    returns: &Returns,
    handle: &Ident,
    value: &Ident,
) -> syn::Result<Option<TokenStream>> {
    let errors = match (args.errors, &returns.value) {
        (Some((Errors::Ignore, _)), _) => return Ok(None),
        (Some((_, span)), Output::Unit | Output::Never) => {
            let message = "the function returns no `Result`, so it has no errors to record";
            return Err(Error::new(span, message));
        }
        (Some(errors), _) => errors,
        (None, Output::Type(ty)) if returns.value.is_result() => (Errors::Display, ty.span()),
        (None, _) => return Ok(None),
    };
    let (errors, span) = (errors.0, at(errors.1));
    let error = Ident::new("error", span);
    Ok(Some(if errors == Errors::Debug {
        quote_spanned! {span=>
            if let ::core::result::Result::Err(#error) = &#value {
                #handle.fail(&::core::format_args!("{:?}", #error));
            }
        }
    } else {
        // The compiler names the function whose bound is not met: it is the only place to say
        // what can be written instead.
        quote_spanned! {span=>
            fn write_errors_debug_or_errors_ignore<E: ::core::fmt::Display>(error: &E) -> &E {
                error
            }
            if let ::core::result::Result::Err(#error) = &#value {
                #handle.fail(write_errors_debug_or_errors_ignore(#error));
            }
        }
    }))
}

fn result(
    args: &Args,
    returns: &Returns,
    handle: &Ident,
    value: &Ident,
) -> syn::Result<Option<TokenStream>> {
    let Some(observer) = &args.result else {
        return Ok(None);
    };
    if matches!(returns.value, Output::Unit | Output::Never) {
        let message = "the function returns nothing that `result` could look at";
        return Err(Error::new(observer.written, message));
    }
    let (pattern, body) = (&observer.value, &observer.body);
    // In closures of their own: `return` leaves the closure that was written, not the function.
    Ok(Some(if let Some(parameter) = &observer.handle {
        quote! {
            let #parameter = &#handle;
            let #pattern = &#value;
            __telemetry_run::<()>(|| #body);
        }
    } else {
        let recorded = quote_spanned!(at(body.span())=> __telemetry_run(|| #body));
        let set = quote_spanned!(at(body.span())=> #handle.set("result", #recorded););
        quote! {
            let #pattern = &#value;
            #set
        }
    }))
}
