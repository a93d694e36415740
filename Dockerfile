# The image of the action, as named in action.yml. GitHub builds it with this file's directory as the context, so it must be
# in the root of the workspace. action/Dockerfile makes the same image from a binary that was built before.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# `docker build --build-arg BUILD_COMMIT="$(git rev-parse HEAD)" .` names the commit, which `--version` and the requests show.
# The sources that GitHub packs for a job have it in build/commit.txt.
ARG BUILD_COMMIT=""
# Without --target, the flags would also apply to build scripts and macros, which can't be linked statically.
RUN target="$(rustc -vV | sed -n 's/^host: //p')" \
    && RUSTFLAGS='-C target-feature=+crt-static' \
       cargo build --locked --profile action --target "$target" -p phase-data-action \
    && cp "target/$target/action/phase-data-action" /phase-data-action

# The static binary contains its CA certificates, so the image needs no shell and no other files.
FROM scratch
COPY --from=build /phase-data-action /phase-data-action
# It runs as root: the owner of the mounted workspace and of the files for outputs and summary differs from runner to
# runner, and another user could not write to them.
ENTRYPOINT ["/phase-data-action"]
