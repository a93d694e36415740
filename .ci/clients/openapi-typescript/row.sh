# shellcheck shell=bash
generate() { openapi-typescript "$CONTRACT" --output client.d.ts; }
compile() { compile_typescript main_job.ts; }
main_job() { node out/main_job.js "$REPORT"; }
