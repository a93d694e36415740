//! Has the program built anew when a migration is added: the compiler itself only sees changes of those that it knows.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
