# shellcheck shell=bash
compile() { mypy --no-error-summary client/phase_data_client main_job.py; }
main_job() { PYTHONPATH=client python3 main_job.py "$REPORT"; }
