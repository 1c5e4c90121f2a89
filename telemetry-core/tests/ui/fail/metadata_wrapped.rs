use telemetry::{any, debug, display};

struct User;

fn main() {
    let borrowed = String::from("a");
    telemetry::execute!("shop.stop", {}, { user: display(&User) });
    telemetry::execute!("shop.stop", {}, { user: debug(&User) });
    telemetry::execute!("shop.stop", {}, { user: any(&User) });
    telemetry::execute!("shop.stop", {}, { user: any(&borrowed.as_str()) });
    telemetry::execute!("shop.stop", {}, { user: display(borrowed) });
}
