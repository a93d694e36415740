# shellcheck shell=bash
# Functions of the scripts here. Each script sources it first: it changes to the checkout's root and finds the tools.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
tools=$root/.ci/tools
target=${CARGO_TARGET_DIR:-$root/target}
export PATH=$tools/python/bin:$tools/node/node_modules/.bin:$PATH
export NODE_DISABLE_COMPILE_CACHE=1 # it would be left behind in /tmp

# `check NAME WHAT`: a header now, and at the end, however it comes, one line with the result.
check() {
  check_name=$1
  check_started=$SECONDS
  printf '\n=== %s: %s\n' "$1" "$2"
}

# `run COMMAND…`: shows the command and runs it.
run() {
  printf '  $ %s\n' "$*"
  "$@"
}

say() { printf '  %s\n' "$*"; }

fail() {
  printf '  FAILED: %s\n' "$*" >&2
  exit 1
}

# `need TOOL…`: a check that can't run fails; it is never left out.
need() {
  local tool
  for tool; do
    command -v "$tool" >/dev/null || fail "$tool is missing: bash .ci/install installs it"
  done
}

# `defer COMMAND`: runs the command when the script ends, the last one first.
deferred=()
defer() { deferred=("$*" "${deferred[@]}"); }

finish() {
  local status=$? command result=passed
  set +e
  for command in "${deferred[@]}"; do eval "$command"; done
  [ "$status" = 0 ] || result="FAILED (exit $status)"
  [ -z "${check_name-}" ] || printf -- '--- %s: %s in %d s\n' "$check_name" "$result" $((SECONDS - check_started))
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Makes $work, a directory for this script alone.
make_work() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/phase-data-ci.XXXXXX")
  defer "rm -rf '$work'"
}

# `stop PID SIGNAL`: stops a process that this script started, and gives its exit status. It gets 30 seconds.
stop() {
  local waited=0
  kill "-$2" "$1" 2>/dev/null
  while kill -0 "$1" 2>/dev/null && [ "$waited" -lt 300 ]; do
    sleep 0.1
    waited=$((waited + 1))
  done
  kill -KILL "$1" 2>/dev/null && say "process $1 had to be killed"
  wait "$1"
}

# Starts a backend of this script's own on loopback, on a database made for it. Sets PHASE_DATA_URL and
# PHASE_DATA_KEY. Needs make_work first. However the script ends, the backend is stopped.
start_backend() {
  need cargo jq
  chmod 755 "$work" # as root, PostgreSQL runs as another user
  # The same selection as `cargo test`, so that nothing is compiled twice with other features.
  run cargo build --locked --quiet --workspace --all-targets
  set -m # a process group of its own, and SIGINT is not ignored
  env -u DATABASE_URL -u PHASE_DATA_OWNER_DATABASE_URL PHASE_DATA_DATA_DIR="$work/data" \
    PHASE_DATA_LISTEN=127.0.0.1:0 PHASE_DATA_LOG_FORMAT=json \
    "$target/debug/phase-data-backend" serve >"$work/backend.out" 2>"$work/backend.log" </dev/null &
  backend_pid=$!
  set +m
  defer '[ -z "$backend_pid" ] || { grep -v "\"level\":\"INFO\"" "$work/backend.log" | tail -n 20 | sed "s/^/  backend | /"; stop "$backend_pid" INT; }'
  wait_until_listening "$backend_pid" "$work/backend.out" "$work/backend.log"
  PHASE_DATA_KEY=$(grep -m 1 -oE 'pd_[0-9A-Za-z]{48}' "$work/backend.out") || fail "no key was printed"
  export PHASE_DATA_KEY PHASE_DATA_URL
  say "the backend listens on $PHASE_DATA_URL"
}

# `wait_until_listening PID OUT LOG`: sets PHASE_DATA_URL. `cargo run` may have to compile first.
wait_until_listening() {
  local address
  for _ in $(seq 4500); do
    address=$(jq -rR 'fromjson? | objects | select(.fields.message? == "listening") | .fields.address' "$3")
    [ -z "$address" ] || { PHASE_DATA_URL=http://$address; return; }
    kill -0 "$1" 2>/dev/null || break
    sleep 0.2
  done
  cat "$2" "$3"
  fail "the backend does not listen"
}

# `wait_for_line FILE`: waits until a program that was started has said something.
wait_for_line() {
  for _ in $(seq 100); do
    [ ! -s "$1" ] || return 0
    sleep 0.1
  done
  fail "nothing was written to $1"
}

# Stops it as Ctrl-C does, which has to succeed and to leave no secret behind.
stop_backend() {
  local pid=$backend_pid
  backend_pid=
  stop "$pid" INT || fail "the backend stopped with exit status $?"
  ! grep -qF "$PHASE_DATA_KEY" "$work/backend.log" || fail "the key is in the backend's log"
  say "the backend stopped in good order"
}

# Sets $report: a real scanner report from the corpus where that is, else a payload of our own.
find_report() {
  report=$root/../shared/corpus/scanner-reports/trivy-scheme_2_many_vulns.json
  [ -f "$report" ] || report=$root/tests/payloads/scan.json
  say "the document: $report, $(wc -c <"$report") bytes"
}

# `build_action FOLDER`: the action as it is shipped: its metadata, its Dockerfile, and the static binary that this
# copies.
build_action() {
  local host binary packed
  need cargo readelf gzip
  host=$(rustc -vV | sed -n 's/^host: //p')
  RUSTFLAGS='-C target-feature=+crt-static' run cargo build --locked --quiet --profile action --target "$host" -p phase-data-action
  binary=$target/$host/action/phase-data-action
  ! readelf -d "$binary" | grep NEEDED || fail "the binary is not static"
  "$binary" --version | grep -F "+$(git rev-parse HEAD | cut -c 1-7)" || fail "the binary does not name the commit"
  packed=$(gzip -9 --stdout "$binary" | wc -c)
  say "the action's binary, which is all of its image: $(wc -c <"$binary") bytes, $packed compressed, static"
  [ "$packed" -le 2097152 ] || fail "the image is to have 2 MiB at most, compressed"
  mkdir -p "$1"
  cp action.yml action/Dockerfile "$binary" "$1"
}

# `make_repository FOLDER OWNER/NAME`: a repository of what is in the folder.
make_repository() {
  git -C "$1" init --quiet --initial-branch main
  git -C "$1" add --all
  git -C "$1" -c user.name=ci -c user.email=ci@localhost commit --quiet --message "A repository with a workflow"
  git -C "$1" remote add origin "git@github.com:$2.git"
}

# Starts a Docker engine that exists for this check alone: no bridge, no firewall rules, and its mounts in a
# namespace that ends with it. Sets DOCKER_HOST.
start_engine() {
  need dockerd docker unshare
  [ "$(id -u)" = 0 ] || fail "a Docker engine needs root"
  mkdir "$work/engine"
  export DOCKER_HOST=unix://$work/engine/socket
  unshare --mount --propagation private sh -c 'mount -t tmpfs tmpfs /run && exec dockerd "$@"' dockerd \
    --data-root "$work/engine/data" --exec-root "$work/engine/exec" --pidfile "$work/engine/pid" -H "$DOCKER_HOST" \
    --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false >"$work/engine/log" 2>&1 &
  engine=$!
  defer 'stop $engine TERM'
  for _ in $(seq 300); do
    docker version >/dev/null 2>&1 && break
    kill -0 $engine 2>/dev/null || break
    sleep 0.1
  done
  docker version --format '  Docker engine {{.Server.Version}}' || { tail -n 20 "$work/engine/log"; fail "the engine does not start"; }
}

# The runner's image: busybox, jq and the files of $runner_programs, for there is no image registry to ask.
runner_programs=()
make_runner_image() {
  need busybox jq docker
  mkdir -p "$work/runner/bin" "$work/runner/tmp" "$work/runner/etc"
  cp "$(command -v busybox)" "$work/runner/bin/busybox"
  busybox --list | grep -vx busybox | xargs -I{} ln -s busybox "$work/runner/bin/{}"
  # bash in workflows is busybox's shell here.
  ln -s busybox "$work/runner/bin/bash"
  ldd "$(command -v jq)" | grep -o '/[^ ]*' | while read -r file; do
    mkdir -p "$work/runner$(dirname "$file")"
    cp -L "$file" "$work/runner$file"
  done
  cp "$(command -v jq)" "${runner_programs[@]}" "$work/runner/bin"
  tar -C "$work/runner" -c . | docker import - local/runner >/dev/null
}

# `run_act EVENT REPOSITORY WORKFLOW PAYLOAD [OPTION…]`: one run of a workflow; its log is in $work/act.
run_act() {
  local event=$1 repository=$2 workflow=$3 payload=$4
  need act
  shift 4
  mkdir -p "$work/home"
  HOME=$work/home XDG_CONFIG_HOME=$work/home XDG_CACHE_HOME=$work/home run timeout --foreground 300 \
    act "$event" -C "$repository" -W "$repository/.github/workflows/$workflow" -e "$payload" "$@" \
    -P ubuntu-latest=local/runner --pull=false --network host --container-daemon-socket - >"$work/act" 2>&1 ||
    { cat "$work/act"; fail "the workflow $workflow failed"; }
}
