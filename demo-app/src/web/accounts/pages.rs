//! What people see of their accounts.

use maud::{Markup, html};

use super::denied::Denied;
use super::sign_up::{MAX_NAME, PASSWORD};
use super::visitor::Visitor;
use crate::flow::Message;
use crate::store::{SignedIn, Todo};
use crate::web::pages::{ago, page};
use crate::web::todos::MAX_TITLE;

/// The page with a form for a name and a password: what was typed, and what was wrong with it.
pub(super) type FormPage = fn(&Visitor, &str, Option<Denied>) -> Markup;

pub(super) fn log_in(visitor: &Visitor, name: &str, denied: Option<Denied>) -> Markup {
    let content = html! {
        p.lead {
            "Each attempt is an event, " code { "demo.accounts.log_in" } ", with its outcome. Not \
             even there does it say whether it was the name that was wrong, or the password."
        }
        form.card method="post" action="/log-in" {
            (visitor.csrf_field())
            (complaint(denied))
            (name_field(name, denied))
            label for="password" { "Password" }
            input #password type="password" name="password" required
                autocomplete="current-password" aria-describedby=[denied.map(|_| "complaint")];
            button { "Log in" }
            p.quiet { "No account yet? " a href="/sign-up" { "Sign up" } "; any name will do." }
        }
    };
    page("Log in", "/log-in", &content)
}

pub(super) fn sign_up(visitor: &Visitor, name: &str, denied: Option<Denied>) -> Markup {
    let content = html! {
        p.lead {
            "Signing up is a command. What comes of it is a stored event, and of that a welcome \
             message, in tasks of their own: one trace spans them all."
        }
        form.card method="post" action="/sign-up" {
            (visitor.csrf_field())
            (complaint(denied))
            (name_field(name, denied))
            label for="password" { "Password" }
            input #password type="password" name="password" required
                minlength=(PASSWORD.start()) maxlength=(PASSWORD.end())
                autocomplete="new-password" aria-describedby="password-hint";
            p.quiet #password-hint { "At least " (PASSWORD.start()) " characters." }
            button { "Sign up" }
            p.quiet { "You have an account? " a href="/log-in" { "Log in" } "." }
        }
    };
    page("Sign up", "/sign-up", &content)
}

fn name_field(name: &str, denied: Option<Denied>) -> Markup {
    html! {
        label for="name" { "Name" }
        input #name type="text" name="name" value=(name) required maxlength=(MAX_NAME) dir="auto"
            autocomplete="username" autocapitalize="none" spellcheck="false"
            aria-describedby=[denied.map(|_| "complaint")];
    }
}

fn complaint(denied: Option<Denied>) -> Markup {
    html! {
        @if let Some(denied) = denied {
            p.complaint #complaint role="alert" { (denied.text()) }
        }
    }
}

pub(super) fn me(
    visitor: &Visitor,
    user: &SignedIn,
    todos: &[Todo],
    messages: &[Message],
) -> Markup {
    let done = todos.iter().filter(|todo| todo.done).count();
    let content = html! {
        p.lead {
            "You are logged in as " bdi { strong { (user.name) } } ". "
            (done) " of " (todos.len()) " to-do items are done."
        }
        section aria-labelledby="todos" {
            h2 #todos { "To do" }
            form.line method="post" action="/me/todos" {
                (visitor.csrf_field())
                label for="title" { "New item" }
                input #title type="text" name="title" required maxlength=(MAX_TITLE) dir="auto"
                    autocomplete="off";
                button { "Add" }
            }
            @if todos.is_empty() { p.quiet { "Nothing to do." } }
            ul.todos {
                @for todo in todos { (todo_line(visitor, todo)) }
            }
        }
        section aria-labelledby="messages" {
            h2 #messages { "Messages" }
            @if messages.is_empty() {
                p.quiet { "None yet. A new one may take a moment: reload the page." }
            }
            ul.messages {
                @for message in messages {
                    li { span dir="auto" { (message.body) } " " small.quiet { (ago(message.age)) } }
                }
            }
        }
        form.line method="post" action="/log-out" {
            (visitor.csrf_field())
            button.plain { "Log out" }
        }
    };
    page("Your page", "/me", &content)
}

fn todo_line(visitor: &Visitor, todo: &Todo) -> Markup {
    let (now, verb) = match todo.done {
        true => ("0", "Not done: "),
        false => ("1", "Done: "),
    };
    html! {
        li {
            form method="post" action={ "/me/todos/" (todo.id) "/tick" } {
                (visitor.csrf_field())
                input type="hidden" name="done" value=(now);
                button.tick aria-label={ (verb) (todo.title) } { @if todo.done { "✓" } }
            }
            span.title.done[todo.done] dir="auto" { (todo.title) }
            form method="post" action={ "/me/todos/" (todo.id) "/delete" } {
                (visitor.csrf_field())
                button.plain aria-label={ "Delete: " (todo.title) } { "Delete" }
            }
        }
    }
}
