//! Just enough of HTML to send a form of this site back: its hidden fields.

/// The body of a post that sends the form of this action, with these fields filled in. `None` if
/// there is no such form.
pub(super) fn fill(html: &str, action: &str, fields: &[(&str, &str)]) -> Option<String> {
    let form = forms(html).find(|form| form.action == action)?;
    let mut body = form_urlencoded::Serializer::new(String::new());
    for (name, value) in hidden(form.content) {
        body.append_pair(&name, &value);
    }
    body.extend_pairs(fields);
    Some(body.finish())
}

/// The actions of the forms that begin so, in the order of the page.
pub(super) fn actions<'h>(html: &'h str, prefix: &str) -> Vec<&'h str> {
    forms(html)
        .map(|form| form.action)
        .filter(|action| action.starts_with(prefix))
        .collect()
}

struct Form<'h> {
    action: &'h str,
    content: &'h str,
}

fn forms(html: &str) -> impl Iterator<Item = Form<'_>> {
    html.split("<form ").skip(1).filter_map(|rest| {
        let (head, rest) = rest.split_once('>')?;
        Some(Form {
            action: attribute(head, "action")?,
            content: rest.split("</form>").next().unwrap_or_default(),
        })
    })
}

fn hidden(form: &str) -> impl Iterator<Item = (String, String)> {
    form.split("<input ").skip(1).filter_map(|rest| {
        let (head, _) = rest.split_once('>')?;
        if attribute(head, "type")? != "hidden" {
            return None;
        }
        Some((
            unescape(attribute(head, "name")?),
            unescape(attribute(head, "value")?),
        ))
    })
}

/// The value of an attribute, as it is written. The pages are ours: values stand in quotation marks,
/// and those within are escaped.
fn attribute<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut rest = head;
    loop {
        let (key, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        // Of `disabled name`, the name is the last word.
        if key.rsplit(char::is_whitespace).next() == Some(name) {
            return Some(value);
        }
        rest = after;
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<form method="post" action="/log-out"><input type="hidden" name="csrf"
        value="one"></form><form action="/log-in" method="post"><input type="hidden" name="csrf"
        value="a&amp;b&quot;"><input required name="name" type="text" value="x"><button>Go</button></form>
        <input type="hidden" name="stray" value="no">"#;

    #[test]
    fn the_hidden_fields_of_that_form_are_sent_back() {
        assert_eq!(
            fill(PAGE, "/log-in", &[("name", "Ada L")]).as_deref(),
            Some("csrf=a%26b%22&name=Ada+L")
        );
        assert_eq!(fill(PAGE, "/log-out", &[]).as_deref(), Some("csrf=one"));
        assert_eq!(fill(PAGE, "/sign-up", &[]), None);
        assert_eq!(actions(PAGE, "/log-"), ["/log-out", "/log-in"]);
    }

    #[test]
    fn a_page_that_is_broken_has_no_form() {
        for page in [
            "",
            "<form ",
            "<form >",
            "<form action=\"/x",
            "<form action=/x>",
        ] {
            assert_eq!(fill(page, "/x", &[]), None, "{page}");
        }
        let cut = "<form action=\"/x\"><input type=\"hidden\" name=\"csrf";
        assert_eq!(fill(cut, "/x", &[]).as_deref(), Some(""));
    }
}
