//! The function below the attribute: its signature is parsed, its body is not.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Error, FnArg, Ident, LitStr, Meta, PatIdent, Signature, Token, Visibility};

use crate::expand::at;

/// A function with a body.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// `#![..]` at the top of the body.
    pub(crate) inner_attributes: Vec<Attribute>,
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !is_function(&input.fork()) {
            let message = "`measured` goes on a function or a method: of an `impl` or a trait, \
                           put it on each method that is to be measured";
            return Err(input.error(message));
        }
        let signature: Signature = input.parse()?;
        if input.peek(Token![;]) {
            let message = format!(
                "`{}` has no body that could be measured: put the attribute on its implementation",
                signature.ident
            );
            return Err(Error::new(signature.ident.span(), message));
        }
        check(&signature)?;
        let (inner_attributes, body) = body(input)?;
        Ok(Self {
            attributes,
            visibility,
            signature,
            inner_attributes,
            body,
        })
    }
}

fn is_function(input: ParseStream<'_>) -> bool {
    loop {
        if input.peek(Token![fn]) {
            return true;
        }
        let qualifier = input.peek(Token![const])
            || input.peek(Token![async])
            || input.peek(Token![unsafe])
            || input.peek(Token![extern])
            || input.peek(LitStr);
        if !qualifier || input.parse::<TokenTree>().is_err() {
            return false;
        }
    }
}

fn check(signature: &Signature) -> syn::Result<()> {
    if let Some(token) = &signature.constness {
        let message = "a `const fn` cannot be measured: it may run while compiling, where there \
                       is no clock; measure the function that calls it";
        return Err(Error::new(token.span, message));
    }
    if let Some(abi) = &signature.abi {
        let message = "an `extern fn` cannot be measured: a foreign caller would meet its panics; \
                       measure a Rust function that it calls";
        return Err(Error::new_spanned(abi, message));
    }
    Ok(())
}

fn body(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, Group)> {
    let group = match input.parse::<TokenTree>()? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => group,
        other => {
            return Err(Error::new(
                other.span(),
                "expected the body of the function",
            ));
        }
    };
    let split = |input: ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_inner)?;
        Ok((attributes, input.parse::<TokenStream>()?))
    };
    let (attributes, statements) = split.parse2(group.stream())?;
    let mut body = Group::new(Delimiter::Brace, statements);
    body.set_span(group.span());
    Ok((attributes, body))
}

/// The names that the arguments bind.
///
/// The body becomes a closure or a future, which would drop what it captured in another order
/// than a function drops its arguments, and leave those that the body does not mention until after
/// the span. So it begins by binding all of them again: `let a = a; let b = b;`.
pub(crate) struct Arguments {
    pub(crate) names: Vec<Ident>,
    pub(crate) bindings: TokenStream,
}

impl Arguments {
    /// Takes the arguments of `function`, whose own will be immutable from now on. `mentioned`
    /// tells which names the fields use.
    pub(crate) fn take(function: &mut Function, mentioned: impl Fn(&Ident) -> bool) -> Self {
        let mut names = Vec::new();
        let mut bindings = TokenStream::new();
        for input in &mut function.signature.inputs {
            match input {
                FnArg::Receiver(receiver) => {
                    if receiver.reference.is_none() {
                        let whole = receiver.self_token;
                        // A mention of all of it, so that all of it is captured.
                        bindings.extend(quote!(let _ = &#whole;));
                    }
                }
                FnArg::Typed(argument) => {
                    let (lints, others) = std::mem::take(&mut argument.attrs)
                        .into_iter()
                        .partition::<Vec<_>, _>(is_lint_level);
                    argument.attrs = others;
                    let cfgs = argument
                        .attrs
                        .iter()
                        .filter(|attr| attr.path().is_ident("cfg"));
                    let attributes: Vec<_> = cfgs.chain(&lints).collect();

                    let mut found = Names(Vec::new());
                    found.visit_pat_mut(&mut argument.pat);
                    for (mutability, name) in found.0 {
                        let unused = mentioned(&name).then(|| quote!(unused_variables,));
                        let allow = quote! {
                            #[allow(
                                #unused
                                clippy::no_effect_underscore_binding,
                                clippy::shadow_same,
                                clippy::used_underscore_binding,
                            )]
                        };
                        bindings
                            .extend(quote!(#(#attributes)* #allow let #mutability #name = #name;));
                        names.push(name);
                    }
                }
            }
        }
        Self { names, bindings }
    }
}

/// A lint level goes to where the variable is used.
fn is_lint_level(attribute: &Attribute) -> bool {
    matches!(&attribute.meta, Meta::List(list)
        if ["allow", "warn", "deny", "forbid", "expect"].iter().any(|level| list.path.is_ident(level)))
}

/// Collects the variables of a pattern, with the `mut` that it takes away.
struct Names(Vec<(Option<Token![mut]>, Ident)>);

impl VisitMut for Names {
    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        // In `ref mut a`, the `mut` belongs to the reference.
        let mutability = if pattern.by_ref.is_some() {
            None
        } else {
            pattern.mutability.take()
        };
        self.0.push((mutability, pattern.ident.clone()));
        visit_mut::visit_pat_ident_mut(self, pattern);
    }
}

impl Function {
    /// The function with another body.
    pub(crate) fn with_body(&self, body: &TokenStream) -> TokenStream {
        let Self {
            attributes,
            visibility,
            signature,
            inner_attributes,
            ..
        } = self;
        let mut whole = Group::new(Delimiter::Brace, quote!(#(#inner_attributes)* #body));
        whole.set_span(at(self.body.span()));
        let whole = whole.into_token_stream();
        quote!(#(#attributes)* #visibility #signature #whole)
    }
}
