//! The HTML around what the browser draws.
//!
//! Each page is one level below the mount, so relative links are right wherever that is. Nothing is
//! inline, and what hosts choose (titles, addresses) is escaped.

use std::fmt::{self, Write};

use super::assets::build;
use super::html::{Escaped, Segment};
use crate::sources::Sources;
use crate::view::PAGES;

/// What all pages of a dashboard share.
#[derive(Debug)]
pub(super) struct Shell {
    title: String,
    /// Address and name, in the order of the navigation.
    pages: Vec<(String, String)>,
    can_log_out: bool,
}

impl Shell {
    pub(super) fn new(sources: &Sources, can_log_out: bool) -> Self {
        let own = PAGES.iter().map(|(slug, name)| (*slug, *name));
        let pages = sources.pages.iter().map(|page| (page.slug(), page.title()));
        let all = own.chain(pages);
        Self {
            title: sources.title.clone(),
            pages: all
                .map(|(slug, name)| (slug.to_owned(), name.to_owned()))
                .collect(),
            can_log_out,
        }
    }

    pub(super) fn slugs(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().map(|(slug, _)| &**slug)
    }

    pub(super) fn has_page(&self, slug: &str) -> bool {
        self.slugs().any(|own| own == slug)
    }

    /// A page, which the browser fills.
    pub(super) fn page(&self, slug: &str) -> Option<String> {
        let (_, name) = self.pages.iter().find(|(own, _)| own == slug)?;
        let mut page = Html::head(&self.title, name, slug, "");
        page.add(format_args!(
            "<script type=\"module\" src=\"assets/{}/app.js\"></script></head>\
             <body><a class=\"skip\" href=\"#main\">Skip to the content</a><header class=\"top\">\
             <a class=\"brand\" href=\"overview\">{}</a><nav aria-label=\"Pages\"><ul>",
            build(),
            Escaped(&self.title)
        ));
        for (own, name) in &self.pages {
            let current = if own == slug {
                " aria-current=\"page\""
            } else {
                ""
            };
            page.add(format_args!(
                "<li><a href=\"{}\"{current}>{}</a></li>",
                Segment(own),
                Escaped(name)
            ));
        }
        page.add(format_args!("</ul></nav><div id=\"tools\"></div>"));
        if self.can_log_out {
            page.add(format_args!(
                "<form method=\"post\" action=\"logout\"><button>Log out</button></form>"
            ));
        }
        page.add(format_args!(
            "</header><main id=\"main\" tabindex=\"-1\"><div class=\"heading\"><h1>{}</h1>\
             <div id=\"controls\"></div></div><p id=\"state\" role=\"status\"></p>\
             <div id=\"sections\"></div><noscript><p>This page needs JavaScript; the same numbers as \
             JSON: <a href=\"api/{slug}\">api/{slug}</a></p></noscript></main></body></html>",
            Escaped(name),
            slug = Segment(slug)
        ));
        Some(page.0)
    }

    /// Where to log in; `wrong` is a sentence about the last attempt, `to` where to go afterwards.
    /// Whoever followed a link of another site may be logged in: with that the cookie was not sent, and
    /// with a link of this page it is.
    pub(super) fn login(&self, wrong: Option<&str>, to: Option<&str>, is_led: bool) -> String {
        let mut page = Html::head(&self.title, "Log in", "login", "");
        page.add(format_args!(
            "</head><body class=\"login\"><header class=\"top\">\
             <a class=\"brand\" href=\"overview\">{}</a></header><main id=\"main\"><h1>Log in</h1>",
            Escaped(&self.title)
        ));
        if is_led {
            page.add(format_args!(
                "<p>Another site led you here. If you are logged in already, <a href=\"{}\">go on</a>.</p>",
                Escaped(&address(to))
            ));
        }
        page.add(format_args!("<form method=\"post\" action=\"login"));
        if let Some(to) = to {
            let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
            page.add(format_args!("?to={}", Escaped(&to)));
        }
        page.add(format_args!("\">"));
        if let Some(wrong) = wrong {
            page.add(format_args!(
                "<p class=\"wrong\" id=\"wrong\" role=\"alert\">{}</p>",
                Escaped(wrong)
            ));
        }
        let described = if wrong.is_some() {
            " aria-describedby=\"wrong\""
        } else {
            ""
        };
        page.add(format_args!(
            "<label for=\"token\">Token</label><input id=\"token\" name=\"token\" type=\"password\" \
             autocomplete=\"current-password\" maxlength=\"512\" required autofocus{described}>\
             <button>Log in</button></form></main></body></html>"
        ));
        page.0
    }

    /// There is nothing here; `up` leads to the mount.
    pub(super) fn not_found(&self, up: &str) -> String {
        let mut page = Html::head(&self.title, "No such page", "none", up);
        page.add(format_args!(
            "</head><body class=\"none\"><header class=\"top\">\
             <a class=\"brand\" href=\"{up}overview\">{}</a></header><main id=\"main\">\
             <h1>No such page</h1><p>There is nothing at this address. \
             <a href=\"{up}overview\">Go to the overview</a></p></main></body></html>",
            Escaped(&self.title)
        ));
        page.0
    }
}

/// The way from the login to a page.
pub(super) fn address(to: Option<&str>) -> String {
    format!("./{}", to.unwrap_or("overview"))
}

struct Html(String);

impl Html {
    /// Up to what stands last in the head; `up` leads to the mount.
    fn head(title: &str, name: &str, page: &str, up: &str) -> Self {
        let mut html = Self(String::with_capacity(2_048));
        html.add(format_args!(
            "<!DOCTYPE html><html lang=\"en\" data-page=\"{page}\" data-build=\"{build}\"><head>\
             <meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{name} · {title}</title>\
             <script src=\"{up}assets/{build}/theme.js\"></script>\
             <link rel=\"stylesheet\" href=\"{up}assets/{build}/style.css\">\
             <link rel=\"icon\" href=\"{up}assets/{build}/icon.svg\">",
            page = Escaped(page),
            build = build(),
            name = Escaped(name),
            title = Escaped(title)
        ));
        html
    }

    fn add(&mut self, text: fmt::Arguments<'_>) {
        // A string takes everything.
        let _ = self.0.write_fmt(text);
    }
}
