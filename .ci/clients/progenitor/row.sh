# shellcheck shell=bash
generate() { cargo run --locked --quiet --bin progenitor-generate "$CONTRACT_JSON" >client.rs; }
compile() { cargo build --locked --package progenitor-main-job; }
main_job() { "$CARGO_TARGET_DIR/debug/progenitor-main-job" "$REPORT"; }
