# shellcheck shell=bash
generate() {
  # Without the warnings' summary, what it leaves out would not be noticed.
  openapi-python-client generate --path "$CONTRACT" --config config.yaml --meta none --output-path phase_data_client --fail-on-warning
}
compile() { mypy --no-error-summary phase_data_client main_job.py; }
main_job() { python3 main_job.py "$REPORT"; }
