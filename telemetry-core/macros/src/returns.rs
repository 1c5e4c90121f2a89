//! What a function returns, as far as its signature says so.

use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, Path, PathArguments, ReturnType, Signature};
use syn::{Type, TypeParamBound};

/// What becomes of the body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// It is a function's.
    Call,
    /// It is an `async fn`'s.
    Async,
    /// It makes a future.
    Future,
    /// It makes a future in a box.
    BoxedFuture,
}

/// What a function returns.
pub(crate) struct Returns {
    pub(crate) work: Work,
    /// The type behind the `->`.
    pub(crate) written: Output,
    /// What the work yields in the end: the same, but of a future its output.
    pub(crate) value: Output,
}

/// A type, told apart where the expansion has to.
pub(crate) enum Output {
    /// `()`.
    Unit,
    /// `!`.
    Never,
    /// All others. Each `impl Trait` is `_`, for only a signature can have it.
    Type(Box<Type>),
}

impl Returns {
    pub(crate) fn of(signature: &Signature) -> Self {
        let ReturnType::Type(_, written) = &signature.output else {
            let work = if signature.asyncness.is_some() {
                Work::Async
            } else {
                Work::Call
            };
            return Self {
                work,
                written: Output::Unit,
                value: Output::Unit,
            };
        };
        let (work, value) = if signature.asyncness.is_some() {
            (Work::Async, &**written)
        } else if let Some((work, output)) = future(written) {
            (work, output)
        } else {
            (Work::Call, &**written)
        };
        Self {
            work,
            written: Output::new(written),
            value: Output::new(value),
        }
    }
}

impl Output {
    fn new(written: &Type) -> Self {
        match bare(written) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => Self::Unit,
            Type::Never(_) => Self::Never,
            other => {
                let mut inferred = other.clone();
                Infer.visit_type_mut(&mut inferred);
                Self::Type(Box::new(inferred))
            }
        }
    }

    /// Whether the type is called `Result`, wherever it comes from.
    pub(crate) fn is_result(&self) -> bool {
        matches!(self, Self::Type(ty) if matches!(&**ty, Type::Path(ty) if ends_with(&ty.path, &["Result"])))
    }
}

/// The future that a type spells out, and its output.
fn future(ty: &Type) -> Option<(Work, &Type)> {
    match bare(ty) {
        Type::ImplTrait(ty) => Some((Work::Future, future_bound(&ty.bounds)?)),
        Type::Path(ty) if ends_with(&ty.path, &["Pin"]) => {
            let Type::Path(pinned) = bare(last_type_argument(&ty.path)?) else {
                return None;
            };
            if !ends_with(&pinned.path, &["Box"]) {
                return None;
            }
            let Type::TraitObject(object) = bare(last_type_argument(&pinned.path)?) else {
                return None;
            };
            Some((Work::BoxedFuture, future_bound(&object.bounds)?))
        }
        Type::Path(ty) if ends_with(&ty.path, &["BoxFuture", "LocalBoxFuture"]) => {
            Some((Work::BoxedFuture, last_type_argument(&ty.path)?))
        }
        _ => None,
    }
}

/// `T` in `Future<Output = T> + Send`.
fn future_bound<'t>(bounds: impl IntoIterator<Item = &'t TypeParamBound>) -> Option<&'t Type> {
    bounds.into_iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        if !ends_with(&bound.path, &["Future"]) {
            return None;
        }
        arguments(&bound.path).find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
            _ => None,
        })
    })
}

fn last_type_argument(path: &Path) -> Option<&Type> {
    let types = arguments(path).filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.last()
}

fn arguments(path: &Path) -> impl Iterator<Item = &GenericArgument> {
    let arguments = path.segments.last().map(|segment| &segment.arguments);
    match arguments {
        Some(PathArguments::AngleBracketed(list)) => Some(&list.args),
        _ => None,
    }
    .into_iter()
    .flatten()
}

fn ends_with(path: &Path, names: &[&str]) -> bool {
    path.segments
        .last()
        .is_some_and(|last| names.iter().any(|name| last.ident == name))
}

/// Without parentheses, and without the invisible ones that `macro_rules!` leaves.
fn bare(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(parentheses) => &parentheses.elem,
            other => return other,
        };
    }
}

struct Infer;

impl VisitMut for Infer {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(written) = ty {
            let span = written.impl_token.span;
            *ty = Type::Infer(syn::TypeInfer {
                underscore_token: syn::Token![_](span),
            });
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}
