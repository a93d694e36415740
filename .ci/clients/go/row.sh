# shellcheck shell=bash
# Debian's Go; neither the client nor the program depends on a module.
compile() { go vet ./... && go build -o main-job .; }
main_job() { ./main-job "$REPORT"; }
