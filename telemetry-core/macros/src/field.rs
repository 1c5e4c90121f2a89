//! `fields(..)`: what the events of the span carry from the beginning.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Error, Expr, ExprAsync, ExprAwait, ExprClosure, ExprReturn, ExprTry, Item};
use syn::{Ident, LitStr, Token};

const HELP: &str = "a field is an argument, `limit`, or has a key: `tenant = user.tenant`, \
                    `\"db.table\" = \"users\"`";

/// One field. `shorthand` is the argument, if it stands there without a value.
pub(crate) struct Field {
    pub(crate) key: LitStr,
    pub(crate) value: Expr,
    pub(crate) shorthand: Option<Ident>,
}

pub(crate) fn list(input: ParseStream<'_>) -> syn::Result<Vec<Field>> {
    let mut fields: Vec<Field> = Vec::new();
    loop {
        let field = field(input)?;
        check_key(&field.key)?;
        if fields
            .iter()
            .any(|known| known.key.value() == field.key.value())
        {
            let message = format!("the key `{}` stands here twice", field.key.value());
            return Err(Error::new(field.key.span(), message));
        }
        fields.push(field);
        if input.is_empty() {
            return Ok(fields);
        }
        if !input.peek(Token![,]) {
            return Err(input.error(HELP));
        }
        input.parse::<Token![,]>()?;
        if input.is_empty() {
            return Ok(fields);
        }
    }
}

/// What `span!` checks as well; but it would say so for each of its events.
fn check_key(key: &LitStr) -> syn::Result<()> {
    match key.value().as_str() {
        "" => Err(Error::new(key.span(), "the key is empty")),
        "outcome" => {
            let message = "`outcome` is what the span itself says about its end; use another key";
            Err(Error::new(key.span(), message))
        }
        _ => Ok(()),
    }
}

fn field(input: ParseStream<'_>) -> syn::Result<Field> {
    if input.peek(LitStr) {
        let key: LitStr = input.parse()?;
        if !has_value(input) {
            let message = format!("the key needs a value: write `{:?} = ..`", key.value());
            return Err(Error::new(key.span(), message));
        }
        return Ok(Field {
            key,
            value: value(input)?,
            shorthand: None,
        });
    }
    let word = input
        .call(Ident::parse_any)
        .map_err(|error| Error::new(error.span(), HELP))?;
    // `r#type` means `type`, as in `span!`.
    let key = LitStr::new(&word.unraw().to_string(), word.span());
    if has_value(input) {
        return Ok(Field {
            key,
            value: value(input)?,
            shorthand: None,
        });
    }
    if word == "self" && (input.is_empty() || input.peek(Token![,])) {
        let message = "`self` needs a key: write `key = self.something`";
        return Err(Error::new(word.span(), message));
    }
    if !(input.is_empty() || input.peek(Token![,])) {
        return Err(input.error(HELP));
    }
    Ok(Field {
        key,
        value: syn::parse_quote!(#word),
        shorthand: Some(word),
    })
}

fn has_value(input: ParseStream<'_>) -> bool {
    input.peek(Token![=]) && !input.peek(Token![==])
}

fn value(input: ParseStream<'_>) -> syn::Result<Expr> {
    let equals = input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(Error::new(equals.span, "a value is missing after the `=`"));
    }
    let mut value = input.parse::<Expr>()?;
    let mut ways_out = WaysOut(None);
    ways_out.visit_expr_mut(&mut value);
    match ways_out.0 {
        Some(error) => Err(error),
        None => Ok(value),
    }
}

/// Finds what would leave the function: fields are evaluated only if somebody listens, and whether
/// somebody does must not change what the function returns.
struct WaysOut(Option<Error>);

impl WaysOut {
    fn found(&mut self, way_out: &impl Spanned, what: &str) {
        let message = format!(
            "a field cannot use {what}: it is evaluated only if somebody listens, and must not \
             change what the function does"
        );
        self.0
            .get_or_insert_with(|| Error::new(way_out.span(), message));
    }
}

impl VisitMut for WaysOut {
    fn visit_expr_try_mut(&mut self, expr: &mut ExprTry) {
        self.found(&expr.question_token, "`?`");
        visit_mut::visit_expr_try_mut(self, expr);
    }

    fn visit_expr_return_mut(&mut self, expr: &mut ExprReturn) {
        self.found(&expr.return_token, "`return`");
    }

    fn visit_expr_await_mut(&mut self, expr: &mut ExprAwait) {
        self.found(&expr.await_token, "`.await`");
        visit_mut::visit_expr_await_mut(self, expr);
    }

    // In these it leaves something else.
    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
