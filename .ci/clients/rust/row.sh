# shellcheck shell=bash
compile() { cargo build --locked --package rust-main-job; }
main_job() { "$CARGO_TARGET_DIR/debug/rust-main-job" "$REPORT"; }
