# shellcheck shell=bash
generate() { cargo run --locked --quiet --package progenitor-main-job --bin progenitor-generate "$CONTRACT_JSON" >client.rs; }
compile() { cargo build --locked --package progenitor-main-job; }
main_job() { "$CARGO_TARGET_DIR/debug/progenitor-main-job" "$REPORT"; }
