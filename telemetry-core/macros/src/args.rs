//! What stands in the parentheses of the attribute.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, ExprClosure, Ident, Lit, LitStr, Pat, Path, ReturnType, Token, token};

use crate::expand::at;
use crate::field::{self, Field};

const EXAMPLE: &str = "write the name of the span first: `#[measured(\"shop.checkout\")]`";
const OPTIONS: &str =
    "the options are `fields(..)`, `result = |value| ..`, `errors = ..` and `crate = ..`";
const RESULT: &str =
    "write `result = |value| ..` to record one value, or `result = |span, value| { .. }`";

/// The attribute's arguments, without what only the function can tell to be wrong.
pub(crate) struct Args {
    pub(crate) name: LitStr,
    pub(crate) fields: Vec<Field>,
    pub(crate) result: Option<Observer>,
    pub(crate) errors: Option<(Errors, Span)>,
    pub(crate) telemetry: Path,
}

/// The closure of `result = ..`, taken apart: closures that are not called where they are written
/// do not infer the types of their parameters.
pub(crate) struct Observer {
    pub(crate) handle: Option<Pat>,
    pub(crate) value: Pat,
    pub(crate) body: Expr,
    pub(crate) written: Span,
}

/// What an `Err` is to the span.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errors {
    Display,
    Debug,
    Ignore,
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = name(input)?;
        let telemetry = syn::parse_quote_spanned!(at(name.span())=> ::telemetry);
        let mut args = Self {
            name,
            fields: Vec::new(),
            result: None,
            errors: None,
            telemetry,
        };
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            if !input.peek(Token![,]) {
                return Err(input.error("expected a comma between the options"));
            }
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let option = option(input)?;
            if seen.contains(&option) {
                let message = format!("`{option}` stands here twice; leave one");
                return Err(Error::new(option.span(), message));
            }
            match option.to_string().as_str() {
                "fields" => args.fields = fields(input, &option)?,
                "result" => args.result = Some(observer(input, &option)?),
                "errors" => args.errors = Some(errors(input, &option)?),
                "crate" => {
                    let help = "write `crate = path::to::telemetry`";
                    equals(input, &option, help)?;
                    args.telemetry = input
                        .call(Path::parse_mod_style)
                        .map_err(|error| Error::new(error.span(), help))?;
                }
                unknown => {
                    let message = format!("there is no option `{unknown}`; {OPTIONS}");
                    return Err(Error::new(option.span(), message));
                }
            }
            seen.push(option);
        }
        Ok(args)
    }
}

fn name(input: ParseStream<'_>) -> syn::Result<LitStr> {
    if input.is_empty() {
        return Err(Error::new(Span::call_site(), EXAMPLE));
    }
    match input.parse() {
        Ok(Lit::Str(name)) if name.suffix().is_empty() => Ok(name),
        Ok(other) => Err(Error::new(other.span(), "the name is a string literal")),
        Err(error) => {
            let message = format!("{EXAMPLE}; it is a literal, so that it is checked here");
            Err(Error::new(error.span(), message))
        }
    }
}

fn option(input: ParseStream<'_>) -> syn::Result<Ident> {
    // Not `Ident::parse`: `crate` is a keyword.
    input
        .call(Ident::parse_any)
        .map_err(|error| Error::new(error.span(), format!("expected an option; {OPTIONS}")))
}

fn equals(input: ParseStream<'_>, option: &Ident, help: &str) -> syn::Result<()> {
    if !input.peek(Token![=]) || input.peek(Token![==]) {
        return Err(Error::new(option.span(), help));
    }
    input.parse::<Token![=]>().map(|_| ())
}

fn fields(input: ParseStream<'_>, option: &Ident) -> syn::Result<Vec<Field>> {
    if !input.peek(token::Paren) {
        let help = "write `fields(argument, key = expression)`";
        return Err(Error::new(option.span(), help));
    }
    let content;
    let parentheses = syn::parenthesized!(content in input);
    if content.is_empty() {
        let help = "nothing is recorded: name arguments, `fields(limit)`, or leave `fields` out";
        return Err(Error::new(parentheses.span.join(), help));
    }
    field::list(&content)
}

fn observer(input: ParseStream<'_>, option: &Ident) -> syn::Result<Observer> {
    equals(input, option, RESULT)?;
    let mut written = input.parse::<Expr>()?;
    // Invisible parentheses, around what comes from a `macro_rules!` macro.
    while let Expr::Group(group) = written {
        written = *group.expr;
    }
    let Expr::Closure(closure) = written else {
        return Err(Error::new_spanned(written, RESULT));
    };
    let span = closure.or1_token.span;
    if !is_plain(&closure) {
        let message = "a plain closure, please: without attributes, `for<..>`, `move`, `async` \
                       or a return type";
        return Err(Error::new(span, message));
    }
    let mut parameters = closure.inputs.into_iter();
    let (first, second) = (parameters.next(), parameters.next());
    let (handle, value) = match (first, second, parameters.next()) {
        (Some(value), None, None) => (None, value),
        (Some(handle), Some(value), None) => (Some(handle), value),
        _ => return Err(Error::new(span, RESULT)),
    };
    Ok(Observer {
        handle,
        value,
        body: *closure.body,
        written: span,
    })
}

fn is_plain(closure: &ExprClosure) -> bool {
    closure.attrs.is_empty()
        && closure.lifetimes.is_none()
        && closure.constness.is_none()
        && closure.movability.is_none()
        && closure.asyncness.is_none()
        && closure.capture.is_none()
        && matches!(closure.output, ReturnType::Default)
}

fn errors(input: ParseStream<'_>, option: &Ident) -> syn::Result<(Errors, Span)> {
    let help = "write `errors = display`, `errors = debug` or `errors = ignore`";
    equals(input, option, help)?;
    let choice = input
        .call(Ident::parse_any)
        .map_err(|error| Error::new(error.span(), help))?;
    let errors = match choice.to_string().as_str() {
        "display" => Errors::Display,
        "debug" => Errors::Debug,
        "ignore" => Errors::Ignore,
        _ => return Err(Error::new(choice.span(), help)),
    };
    Ok((errors, choice.span()))
}
