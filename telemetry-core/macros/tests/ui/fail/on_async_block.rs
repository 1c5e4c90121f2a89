use telemetry_macros::measured;

fn checkout() {
    let _work = #[measured("ui.checkout")]
    async {};
}

fn main() {}
