"""Refuses migrations that would stop or break servers that are running.

lint.py FUNCTIONS FILE…    prints each finding as "file: rule: why", and fails if there is any
lint.py FUNCTIONS --samples FOLDER    every sample in FOLDER/bad must be refused by exactly the rule that its name begins with,
                                      and every one in FOLDER/good must pass

FUNCTIONS is the folder of the functions that releases install. squawk judges locks and rewrites; the rules here are
those of this project.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

CONTRACT = re.compile(r"-- contract: release \d+\n")
NO_TRANSACTION = "-- no-transaction"
TOKENS = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$|;|[^;'$/-]+|.", re.DOTALL)
# Replacing a check by one that is not valid yet: how a table learns a new kind, status or outcome.
REPLACED_CHECK = re.compile(
    r"\bdrop constraint (\w+)(?=\s*,\s*add constraint \1 check \(.*\) not valid\s*$)", re.DOTALL
)
RULES = {
    "enum": (
        r"\bas enum\b|\balter type\b",
        "a new value can't be used in the transaction that adds it: use text with a check",
    ),
    "cascade": (r"(?<!on delete )(?<!on update )\bcascade\b", "it drops what nobody named, policies for example: name it"),
    "column-check": (
        r"\badd column\b[^,;]*\bcheck\b",
        "it reads the whole table under its lock: add the column, then a constraint that is not valid",
    ),
    "broken-index": (
        r"\bindex concurrently if not exists\b",
        "after a failure it takes the index that is not valid for the one that is wanted",
    ),
    "lock": (r"\btruncate\b|\block table\b", "it stops every server that is running"),
    "ignore": (r"\bsquawk-ignore", "no rule is switched off for one file"),
}


def statements(sql):
    """The statements without their comments, with single blanks, in lower case."""
    parts = [""]
    for match in TOKENS.finditer(sql):
        token = match.group()
        if token == ";":
            parts.append("")
        elif not token.startswith(("--", "/*")):
            parts[-1] += token
    return [" ".join(part.lower().split()) for part in parts if part.strip()]


def own_findings(sql, functions):
    found = statements(sql)
    text = ";\n".join(found)
    for rule, (pattern, why) in RULES.items():
        if re.search(pattern, sql.lower() if rule == "ignore" else text):
            yield rule, why
    removed = ";".join(REPLACED_CHECK.sub("", statement) for statement in found)
    if re.search(r"\b(drop|rename)\b", removed) and not CONTRACT.match(sql):
        yield "contract", "older servers may use it: the first line has to be `-- contract: release N`"
    if "concurrently" in text and not sql.startswith(NO_TRANSACTION):
        yield "transaction", f"it can't be done in a transaction: the first line has to be `{NO_TRANSACTION}`"
    if sql.startswith(NO_TRANSACTION) and len(found) != 1:
        yield "one-statement", "without a transaction a migration is one statement: what a second one leaves can't be undone"
    used = sorted(name for name in functions if re.search(rf"\b{name} ?\(", text))
    if used or "phase_data_fn_" in text:
        yield "function", f"tables outlive the functions of a release: {', '.join(used) or 'phase_data_fn_…'}"


def squawk_findings(path, sql):
    command = ["squawk", "--config", str(Path(__file__).with_name("squawk.toml")), "--reporter", "json", str(path)]
    if sql.startswith(NO_TRANSACTION):
        command.insert(1, "--no-assume-in-transaction")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1) or not done.stdout.strip():
        sys.exit(f"squawk failed on {path}: {done.stderr}")
    for finding in json.loads(done.stdout):
        yield finding["rule_name"], finding["message"]


def findings(path, functions):
    sql = path.read_text()
    return [*own_findings(sql, functions), *squawk_findings(path, sql)]


def judge_samples(folder, functions):
    """What is wrong with the verdicts about the samples."""
    bad, good = sorted((folder / "bad").glob("*.sql")), sorted((folder / "good").glob("*.sql"))
    if not bad or not good:
        yield f"{folder}: there are no samples"
    for path in bad:
        rules, expected = {rule for rule, _ in findings(path, functions)}, path.name.split(".")[0]
        if rules != {expected}:
            yield f"{path}: refused for {sorted(rules) or 'nothing'}, not for {expected}"
    for path in good:
        for rule, why in findings(path, functions):
            yield f"{path}: {rule}: {why}"
    untested = RULES.keys() - {path.name.split(".")[0] for path in bad}
    for rule in sorted(untested):
        yield f"{rule}: no sample shows it"


def main(functions, *paths):
    names = {path.stem for path in Path(functions).glob("*.sql")}
    if not names:
        sys.exit(f"{functions} has no functions")
    if paths[:1] == ("--samples",):
        problems = list(judge_samples(Path(paths[1]), names))
    else:
        problems = [f"{path}: {rule}: {why}" for path in paths for rule, why in findings(Path(path), names)]
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))


main(*sys.argv[1:])
