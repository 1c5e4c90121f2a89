//! A visitor with an account: signs up once, logs in and out, mistypes the password now and then,
//! and has things to do.

use super::browser::{Browser, Page};
use super::forms;
use super::pace::Stopped;

/// So many things to do are enough: from there on some are deleted.
const TODOS: usize = 6;

const TITLES: [&str; 6] = [
    "Look at the charts",
    "Find the slow page",
    "Count the queries",
    "Follow a trace",
    "Feed the collector",
    "Tidy the dashboard",
];

/// Who a visitor is. One account each: the database does not grow for ever.
#[derive(Debug)]
pub(super) struct Account {
    name: String,
    password: String,
    exists: bool,
    is_inside: bool,
}

impl Account {
    pub(super) fn new() -> Self {
        Self {
            name: format!("Visitor {:08x}", fastrand::u32(..)),
            password: format!("{:032x}", fastrand::u128(..)),
            exists: false,
            is_inside: false,
        }
    }

    /// What somebody with an account does, and a bit of it at a time.
    pub(super) async fn visit(&mut self, browser: &mut Browser) -> Result<(), Stopped> {
        if !self.exists {
            return self.sign_up(browser).await;
        }
        if !self.is_inside {
            if fastrand::u32(..3) == 0 {
                self.log_in(browser, "not the password at all").await?;
                browser.pace.think(500..=2_000).await?;
            }
            let password = self.password.clone();
            self.log_in(browser, &password).await?;
        }
        match self.is_inside {
            true => self.own_page(browser).await,
            false => Ok(()),
        }
    }

    async fn sign_up(&mut self, browser: &mut Browser) -> Result<(), Stopped> {
        let fields = [("name", &*self.name), ("password", &*self.password)];
        let page = browser.get("/sign-up", "/sign-up").await?;
        let Some(form) = forms::fill(&page.html, "/sign-up", &fields) else {
            return Ok(());
        };
        browser.pace.think(500..=2_000).await?;
        let answer = browser.post("/sign-up", "/sign-up", form).await?;
        self.exists = answer.status == 303;
        self.is_inside = self.exists;
        match self.exists {
            true => self.own_page(browser).await,
            false => Ok(()),
        }
    }

    async fn log_in(&mut self, browser: &mut Browser, password: &str) -> Result<(), Stopped> {
        let fields = [("name", &*self.name), ("password", password)];
        let page = browser.get("/log-in", "/log-in").await?;
        let Some(form) = forms::fill(&page.html, "/log-in", &fields) else {
            return Ok(());
        };
        browser.pace.think(500..=2_000).await?;
        let answer = browser.post("/log-in", "/log-in", form).await?;
        self.is_inside = answer.status == 303;
        Ok(())
    }

    async fn own_page(&mut self, browser: &mut Browser) -> Result<(), Stopped> {
        let page = browser.get("/me", "/me").await?;
        // The session has come to its end.
        if page.status != 200 {
            self.is_inside = false;
            return Ok(());
        }
        browser.pace.think(500..=2_000).await?;
        if fastrand::u32(..4) == 0 {
            return self.log_out(browser, &page).await;
        }
        let changes = forms::actions(&page.html, "/me/todos/");
        let ticks: Vec<&str> = ending(&changes, "/tick");
        let deletes: Vec<&str> = ending(&changes, "/delete");
        let (path, route, title) = match fastrand::u32(..2) {
            0 if !ticks.is_empty() => (pick(&ticks), "/me/todos/{id}/tick", None),
            _ if deletes.len() >= TODOS => (pick(&deletes), "/me/todos/{id}/delete", None),
            _ => ("/me/todos", "/me/todos", Some(("title", pick(&TITLES)))),
        };
        let Some(form) = forms::fill(&page.html, path, title.as_slice()) else {
            return Ok(());
        };
        let answer = browser.post(path, route, form).await?;
        if answer.status == 303 {
            browser.get("/me", "/me").await?;
        }
        Ok(())
    }

    async fn log_out(&mut self, browser: &mut Browser, page: &Page) -> Result<(), Stopped> {
        let Some(form) = forms::fill(&page.html, "/log-out", &[]) else {
            return Ok(());
        };
        let answer = browser.post("/log-out", "/log-out", form).await?;
        if answer.status == 303 {
            self.is_inside = false;
            browser.get("/", "/").await?;
        }
        Ok(())
    }
}

fn ending<'p>(paths: &[&'p str], end: &str) -> Vec<&'p str> {
    let paths = paths.iter().copied();
    paths.filter(|path| path.ends_with(end)).collect()
}

/// One of several; there is at least one.
fn pick<'p>(of: &[&'p str]) -> &'p str {
    of[fastrand::usize(..of.len())]
}
