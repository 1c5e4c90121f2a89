//! Where in the program's text something stands, without where on a disk that text lies.
//!
//! A compiler is given relative paths within a workspace, and absolute ones of everything else: those
//! tell whose machine the program was built on, and in which folder.

/// `telemetry-http-0.1.0/src/layer.rs`: from the folder of the crate on. A relative path is left as it
/// is.
pub(in crate::sections) fn short(path: &str) -> String {
    let path = path.replace('\\', "/");
    if !is_absolute(&path) && !path.split('/').any(|part| part == "..") {
        return path;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let folders = ["src", "tests", "examples", "benches"];
    let within = parts.iter().rposition(|part| folders.contains(part));
    // Without such a folder the name of the file has to do: it is what the compiler was given last.
    let from = match within {
        Some(at) => at.saturating_sub(1),
        None => parts.len().saturating_sub(1),
    };
    let shown: Vec<_> = parts[from..]
        .iter()
        .copied()
        .filter(|part| *part != "..")
        .collect();
    shown.join("/")
}

fn is_absolute(path: &str) -> bool {
    let drive = path.as_bytes();
    path.starts_with('/') || (drive.len() > 1 && drive[1] == b':')
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn no_path_of_the_machine_that_built_it_is_left() {
        let registry = "/home/ada/.cargo/registry/src/index.crates.io-1/telemetry-http-0.1.0";
        for (path, shown) in [
            (
                &*format!("{registry}/src/layer.rs"),
                "telemetry-http-0.1.0/src/layer.rs",
            ),
            ("/home/ada/shop/api/src/web/cart.rs", "api/src/web/cart.rs"),
            ("/src/main.rs", "src/main.rs"),
            (r"C:\Users\Ada\shop\src\main.rs:7:5", "shop/src/main.rs:7:5"),
            ("../../ada/shop/src/main.rs", "shop/src/main.rs"),
            ("../main.rs", "main.rs"),
            ("/home/ada/target/debug/build/x-1/out/made.rs", "made.rs"),
            (
                "instrumentation/http/src/layer.rs",
                "instrumentation/http/src/layer.rs",
            ),
            (r"src\web\cart.rs", "src/web/cart.rs"),
            ("", ""),
            ("/", ""),
        ] {
            assert_eq!(short(path), shown, "{path}");
        }
    }
}
