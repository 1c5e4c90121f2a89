//! `fields(..)`: what is recorded, when, and that nothing is moved.

use std::time::Duration;

use telemetry_macros::measured;

use crate::support::{now, watch};

struct User {
    tenant: String,
    password: String,
}

impl User {
    #[measured("macros.fields.self", fields(tenant = self.tenant, long = self.password.len() > 3))]
    fn consumed(self, _password: &str) -> String {
        self.password
    }
}

#[test]
fn only_what_is_named_is_recorded() {
    #[measured("macros.fields.named", fields(limit, "db.table" = "users", r#type = 1, id = id * 2))]
    fn list(limit: usize, password: &str, id: u32) -> usize {
        limit + password.len() + id as usize
    }
    let watch = watch("macros.fields.named");
    assert_eq!(list(10, "secret", 4), 20);
    assert_eq!(
        watch.take(),
        [
            "start | limit=10 db.table=users type=1 id=8",
            "stop | limit=10 db.table=users type=1 id=8 outcome=ok"
        ]
    );
}

#[test]
fn fields_may_use_a_self_that_the_body_moves() {
    let watch = watch("macros.fields.self");
    let user = User {
        tenant: "acme".into(),
        password: "secret".into(),
    };
    assert_eq!(user.consumed("x"), "secret");
    assert_eq!(watch.take()[0], "start | tenant=acme long=true");
}

#[test]
fn arguments_in_fields_can_be_moved_by_the_body() {
    #[measured("macros.fields.moved", fields(name, first = names[0], count = names.len()))]
    fn take(name: String, mut names: Vec<String>) -> Vec<String> {
        names.push(name);
        names
    }
    let watch = watch("macros.fields.moved");
    assert_eq!(take("b".into(), vec!["a".into()]), ["a", "b"]);
    assert_eq!(watch.take()[0], "start | name=b first=a count=1");
}

#[test]
fn fields_of_an_async_call_are_those_of_its_beginning() {
    #[measured("macros.fields.async", fields(name, wait = Duration::from_millis(n)))]
    async fn take(mut name: String, n: u64) -> String {
        name.push('!');
        tokio::task::consume_budget().await;
        name
    }
    let watch = watch("macros.fields.async");
    assert_eq!(now(take("a".into(), 2)), "a!");
    assert_eq!(
        watch.take(),
        [
            "start | name=a wait=2ms",
            "stop | name=a wait=2ms outcome=ok"
        ]
    );
}

#[test]
fn options_and_wrapped_values_are_what_span_takes() {
    #[measured(
        "macros.fields.values",
        fields(
            gone,
            ids = telemetry::debug(&ids),
            ip = telemetry::display(ip),
            made = format!("{extra}-{}", ids.len()),
        ),
    )]
    fn call(gone: Option<&str>, ids: &[u8], ip: &std::net::Ipv4Addr, extra: u8) {
        let _ = (gone, ip);
    }
    let watch = watch("macros.fields.values");
    call(None, &[1, 2], &std::net::Ipv4Addr::LOCALHOST, 7);
    assert_eq!(watch.take()[0], "start | ids=[1, 2] ip=127.0.0.1 made=7-2");
}

#[test]
fn variables_of_patterns_are_arguments() {
    struct Id(u32);
    struct Len {
        len: u32,
    }
    #[measured("macros.fields.patterns", fields(id, x, first = all[0], len))]
    fn call(
        Id(id): Id,
        (mut x, _): (u32, u32),
        all @ [_, ..]: [u32; 2],
        Len { ref len, .. }: Len,
    ) -> u32 {
        x += id + all[1] + *len;
        x
    }
    let watch = watch("macros.fields.patterns");

    assert_eq!(call(Id(1), (2, 3), [4, 5], Len { len: 0 }), 8);
    assert_eq!(watch.take()[0], "start | id=1 x=2 first=4 len=0");
}

#[test]
fn a_field_may_contain_closures_that_return() {
    #[measured("macros.fields.closure", fields(n = (|| { let n: u32 = text.parse().ok()?; Some(n) })()))]
    fn call(text: &str) -> usize {
        text.len()
    }
    let watch = watch("macros.fields.closure");
    assert_eq!(call("12"), 2);
    assert_eq!(call("x"), 1);
    let starts: Vec<_> = watch.take().into_iter().step_by(2).collect();
    assert_eq!(starts, ["start | n=12", "start |"]);
}
