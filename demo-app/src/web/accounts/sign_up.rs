//! Signing up: the user is made by the event-driven part, which also writes the welcome.

use std::ops::RangeInclusive;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use telemetry::completion_span;

use super::denied::Denied;
use super::form::{Posted, Refused};
use super::token::Token;
use super::visitor::Visitor;
use super::{pages, refuse, session};
use crate::web::Shared;

/// How many characters a name may have.
pub(super) const MAX_NAME: usize = 40;

/// How many characters a password has at least, and at most.
pub(super) const PASSWORD: RangeInclusive<usize> = 8..=200;

pub(super) async fn page(visitor: Visitor) -> Response {
    match &visitor.user {
        Some(_) => session::see_other("/me"),
        None => visitor.answer(pages::sign_up(&visitor, "", None)),
    }
}

pub(super) async fn sign_up(
    State(shared): State<Shared>,
    posted: Result<Posted, Refused>,
) -> Response {
    let entered = completion_span!("demo.accounts.sign_up")
        .wrap_result(async { enter(&shared, posted.as_ref().map_err(|refused| *refused)?).await })
        .await;
    match (entered, posted) {
        (Ok(token), _) => session::entered(shared.accounts.cookies, &token),
        (Err(denied), Ok(posted)) => refuse(&posted, denied, pages::sign_up),
        (Err(_), Err(refused)) => refused.into_response(),
    }
}

async fn enter(shared: &Shared, posted: &Posted) -> Result<Token, Denied> {
    let name = name(posted.field("name")).ok_or(Denied::InvalidName)?;
    let password = posted.field("password");
    if !PASSWORD.contains(&password.chars().count()) {
        return Err(Denied::InvalidPassword);
    }
    let hash = shared.accounts.passwords.hash(password.to_owned()).await?;
    let id = shared.flow.sign_up(name, &hash).await?;
    session::begin(shared, &posted.visitor, id).await
}

/// Characters that show nothing, or only change how others are shown.
const UNSEEN: [RangeInclusive<char>; 17] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// A name as it may be. Pages show any of them; but one that cannot be seen, or that turns around
/// what stands beside it, would be somebody else's to the eye.
fn name(text: &str) -> Option<&str> {
    let name = text.trim();
    let unseen = |one: char| one.is_control() || UNSEEN.iter().any(|range| range.contains(&one));
    let fits = (1..=MAX_NAME).contains(&name.chars().count()) && !name.contains(unseen);
    fits.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_can_be_seen() {
        let longest = "ü".repeat(MAX_NAME);
        for good in [
            "Ada",
            "O'Hara",
            "<script>",
            "שרה",
            "李",
            "a b",
            longest.as_str(),
        ] {
            assert_eq!(name(good), Some(good));
        }
        assert_eq!(name("  Ada \n"), Some("Ada"));
        let long = "ü".repeat(MAX_NAME + 1);
        for bad in [
            "",
            " ",
            "a\0b",
            "a\nb",
            "\u{202e}adA",
            "A\u{200b}da",
            "\u{3164}",
            "\u{2800}",
            "Ada\u{e0041}",
            long.as_str(),
        ] {
            assert_eq!(name(bad), None, "{bad:?}");
        }
    }
}
