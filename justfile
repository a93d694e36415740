# CI calls these recipes, too. `just` alone lists them.

_list:
    @just --list --unsorted

# Build and run every test; nothing has to be running
test *ARGS:
    cargo test {{ ARGS }}

# Formatting, lints, documentation, dependencies, migrations
check:
    set -e; for check in .ci/checks/1*; do "$check"; done

# Write openapi.yaml anew from the handlers
openapi:
    mkdir -p target
    cargo run --quiet -- openapi > target/openapi.yaml
    mv target/openapi.yaml openapi.yaml

# Write the tables in docs/ anew: inputs, outputs, settings, calls
docs:
    UPDATE_DOCS=1 cargo test --quiet the_tables_in_the_documents

# Measure the release backend against pgbench; not part of the tests
bench *ARGS:
    bench/run {{ ARGS }}

# Measure what readers and writers feel of a purge
bench-purge:
    bench/purge

# Measure lists, usage, sweeps and clean-up with 400,000 issues in one repository
bench-lists:
    bench/lists

# Measure what a step takes by itself, beside curl
bench-step:
    bench/step

# Break requests off beside another tenant's stores for minutes, not seconds
cancellation SECONDS="180":
    cargo test --no-run
    PHASE_DATA_TEST_SECONDS={{ SECONDS }} cargo test --test stories cancellation -- --nocapture

# Sweep beside a GitHub on which anything happens, for 10,000 steps; PHASE_DATA_TEST_SEED repeats a walk
sweeps STEPS="10000":
    cargo test --no-run
    PHASE_DATA_TEST_STEPS={{ STEPS }} cargo test --test stories sweep_by_app::model -- --nocapture

# Store 64 documents of 16 MiB at once, and show how much memory the backend takes
memory STORES="64":
    cargo test --no-run
    PHASE_DATA_TEST_STEPS={{ STORES }} cargo test --test stories starvation::memory::many_large -- --nocapture

# Rename, transfer and reuse repositories in random order for 100,000 steps; PHASE_DATA_TEST_SEED repeats a walk
identities STEPS="100000":
    cargo test --no-run
    PHASE_DATA_TEST_STEPS={{ STEPS }} cargo test --test stories identity::walk -- --nocapture

# Measure what one tenant feels of a hostile other
starvation *ARGS:
    cargo build --release -p phase-data-backend
    bench/starvation {{ ARGS }}

# Everything that CI does
ci:
    .ci/run
