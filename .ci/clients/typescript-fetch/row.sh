# shellcheck shell=bash
compile() { compile_typescript main_job.ts; }
main_job() { node out/main_job.js "$REPORT"; }
