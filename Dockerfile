# The image that action.yml names: GitHub builds it with this folder as context, so it stands where
# it sees the whole workspace. action/Dockerfile makes the same image of a binary built beforehand.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# The target is named, though it is the host's: without --target the flags would reach the build
# scripts and macros too, which can't be linked statically.
RUN target="$(rustc -vV | sed -n 's/^host: //p')" \
    && RUSTFLAGS='-C target-feature=+crt-static' \
       cargo build --locked --profile action --target "$target" -p phase-data-action \
    && cp "target/$target/action/phase-data-action" /phase-data-action

# No shell, no files: the binary is static and brings its certificates along.
FROM scratch
COPY --from=build /phase-data-action /phase-data-action
# It runs as root, because the runner mounts the workspace and the files for outputs and summary with
# owners that differ from runner to runner; another user could not write to them.
ENTRYPOINT ["/phase-data-action"]
