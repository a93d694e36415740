//! The program as it is called. Being here also makes `cargo test` build the program that the stories run.

use std::process::Command;

fn backend(arguments: &[&str]) -> (bool, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phase-data-backend"));
    let output = command.env_clear().args(arguments).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_contract_is_printed_without_a_database() {
    let (success, contract, _) = backend(&["openapi"]);
    assert!(success && contract.contains("\nopenapi: "), "{contract}");
}

#[test]
fn a_wrong_command_is_refused_with_the_right_ones() {
    let (success, _, printed) = backend(&["sreve"]);
    assert!(!success && printed.contains("serve"), "{printed}");
}

#[test]
fn a_key_id_that_is_none_is_refused_before_anything_is_stored() {
    let (success, _, printed) = backend(&["key", "create", "--name", "x", "--expires-in-days", "0"]);
    assert!(!success && printed.contains("--expires-in-days"), "{printed}");
}
