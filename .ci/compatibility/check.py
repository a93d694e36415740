"""Refuses a breaking change of `openapi.yaml` without a step of its version.

The contract is compared with the one of the last release: the highest tag `vX.Y.Z` that is not above the contract's own
version. Before the first release, it is compared with the one that the version began with: the contract of the oldest commit
since this check exists with the same minor version (from 1.0.0: major). All that was pushed at once is compared, also on the
main branch, and nothing needs to know where a pull request will be merged.
"""

import re
import subprocess
import sys

import yaml
from contracts import breaking_changes

FILE = "openapi.yaml"
OWN = ".ci/compatibility/check.py"


def main():
    new = read(open(FILE, encoding="utf-8").read())
    version = parse(new["info"]["version"])
    base, why = baseline(version)
    old = read(git("show", f"{base}:{FILE}"))
    before = parse(old["info"]["version"])
    print(f"  compared with {why}: version {old['info']['version']} in {base[:12]}")
    found = breaking_changes(old, new)
    for change in found:
        print(f"  breaking: {change}")
    if version < before:
        sys.exit(f"  FAILED: the version {text(version)} is below {text(before)}")
    if found and series(version) == series(before):
        sys.exit(f"  FAILED: {len(found)} breaking changes need the version {text(step(before))}: keep what clients use, or set "
                 "`version` in Cargo.toml and run `just openapi` (CONTRIBUTING.md, The version)")
    print(f"  {len(found)} breaking changes, from version {text(before)} to {text(version)}")


def baseline(version):
    """The commit to compare with, and what it is."""
    tags = [(parse(tag[1:]), tag) for tag in git("tag", "--list").split() if re.fullmatch(r"v\d+\.\d+\.\d+", tag)]
    released = [(of, tag) for of, tag in tags if of <= version]
    if released:
        tag = max(released)[1]
        return git("rev-parse", f"{tag}^{{commit}}").strip(), f"the release {tag}"
    if git("rev-parse", "--is-shallow-repository").strip() == "true":
        sys.exit("  FAILED: this clone has no history to compare with: run `git fetch --unshallow --tags`")
    begin = git("log", "--first-parent", "--diff-filter=A", "--format=%H", "--", OWN).split()
    if not begin:
        return git("rev-parse", "HEAD").strip(), "the last commit, because this check is not committed yet"
    later = git("log", "--first-parent", "--format=%H", f"{begin[-1]}..HEAD", "--", FILE).split()
    base = None
    for commit in [*later, begin[-1]]:
        # Reading all of each would take seconds.
        its = re.search(r"^  version: \"?([^\"\n]+)\"?$", git("show", f"{commit}:{FILE}"), re.MULTILINE)[1]
        if series(parse(its)) != series(version):
            break
        base = commit
    # A step that is not committed yet is compared with the commit that it steps from.
    return base or git("rev-parse", "HEAD").strip(), "the first contract of this version, because no release is below it"


def read(text):
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def parse(text):
    # Build metadata is no part of a version's order.
    return tuple(map(int, re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:\+.*)?", text).groups()))


def series(version):
    """The part of a version that a breaking change steps: before 1.0.0 the minor version, then the major one."""
    return version[:2] if version[0] == 0 else version[:1]


def step(version):
    return (0, version[1] + 1, 0) if version[0] == 0 else (version[0] + 1, 0, 0)


def text(version):
    return ".".join(map(str, version))


def git(*arguments):
    return subprocess.run(["git", *arguments], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


if __name__ == "__main__":
    main()
