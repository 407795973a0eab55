//! What the linker is told of the library: its name, and that it stays loaded.
//! Not here: what it exports, which is what `#[no_mangle]` says.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    match system.as_str() {
        // Threads of a host may still run when a program unloads the library: `dlclose` leaves it where it is.
        // Calls between exports stay inside, whatever else a process has under these names.
        "linux" | "android" | "freebsd" | "netbsd" | "openbsd" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libcomputecore.so,-z,nodelete,-Bsymbolic");
        }
        "macos" => println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libcomputecore.dylib"),
        _ => {}
    }
}
