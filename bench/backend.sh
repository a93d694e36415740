# shellcheck shell=bash
# Starts the release backend on loopback with an embedded PostgreSQL of its own, for the script that sources this.
# Sets $work, $address, $key, $account and $psql, which finds the backend's tables and functions; all of it goes when the
# script ends. BACKEND names another program than the one that is built here.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
connections=16

need() {
    for tool; do
        command -v "$tool" >/dev/null || { echo "$0: $tool is missing (apt-get install wrk postgresql-contrib curl python3)" >&2; exit 1; }
    done
}

# `start_backend [SETTING=VALUE…]`
start_backend() {
    local program=${BACKEND:-target/release/phase-data-backend}
    if [ -z "${BACKEND:-}" ]; then cargo build --release --locked -q -p phase-data-backend; fi
    work=$(mktemp -d /tmp/phase-data-bench.XXXXXX)
    chmod 755 "$work"
    trap 'kill "$backend" 2>/dev/null; wait "$backend" 2>/dev/null; rm -rf "$work"' EXIT
    env PHASE_DATA_DATA_DIR="$work/data" PHASE_DATA_LISTEN=127.0.0.1:0 PHASE_DATA_LOG_FORMAT=json \
        PHASE_DATA_MAX_CONNECTIONS=$connections PHASE_DATA_LOG="${PHASE_DATA_LOG:-info,poem=warn}" "$@" \
        "$program" serve >"$work/out" 2>"$work/log" &
    backend=$!
    for _ in $(seq 200); do grep -q '"listening"' "$work/log" 2>/dev/null && break; sleep 0.1; done
    address=$(sed -n 's/.*"listening".*"address":"\([^"]*\)".*/\1/p' "$work/log" | head -n 1)
    [ -n "$address" ] || { cat "$work/log" >&2; exit 1; }
    key=$(grep -o 'pd_[0-9A-Za-z]\{48\}' "$work/out" | head -n 1)
    export PGHOST PGUSER=phase_data PGDATABASE=phase_data
    PGHOST=$(sed -n 5p "$(find "$work/data" -name postmaster.pid)")
    psql=(psql -X -q -A -t -v ON_ERROR_STOP=1)
    functions=$("${psql[@]}" -c "select nspname from pg_namespace where nspname like 'phase\\_data\\_fn\\_%'")
    export PGOPTIONS="-c search_path=$functions,phase_data,pg_temp"
    account=$("${psql[@]}" -c 'select id from forge_account')
}

# A finding as scanners report it, about 2 KB with its number; 1000 issues have it as their scan.
seed() {
    finding=$(cat bench/finding.json)
    sql_finding=${finding//\'/\'\'}
    "${psql[@]}" -o /dev/null -c "select store_phase_data(
        ('$account', 'octo/bench', null, null)::repository_ref, n, 'scan', '$sql_finding'::jsonb,
        (null, null, null, false, null, null, null, null, null)::store_options, (false, false, null, null)::store_condition,
        ('{}', 'seed', null, null, null)::write_by, null) from generate_series(1, 1000) n"
}

# `wrk_as SCRIPT SECONDS`: the whole report is in $work/SCRIPT. With DELAY its connections wait between requests.
wrk_as() {
    KEY=$key FINDING=$finding wrk -t2 -c$connections -d"$2s" --latency -s "bench/$1.lua" "http://$address" >"$work/$1"
    if grep -q 'Non-2xx' "$work/$1"; then cat "$work/$1" >&2; exit 1; fi
}
# Of the report on a script: requests per second, and a percentile.
rate() { awk '/Requests\/sec/ {print $2}' "$work/$1"; }
percentile() { awk -v p="$2" '$1 == p {print $2}' "$work/$1"; }
