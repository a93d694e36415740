"""Leaves out what is right about a wrong request, and takes long or has to come from an answer."""

import re

import schemathesis

# Nobody stores what would be waited for, and a cursor is what a page before ended with. What is wrong with them
# stays: other types, other numbers, other words.
LEFT_OUT = {
    "wait_seconds": r"[1-9]|[1-4][0-9]|50",
    "cursor": r"(t[0-9]{1,16})?n[1-9][0-9]{0,9}",
}


@schemathesis.hook
def map_query(context, query):
    return {name: value for name, value in (query or {}).items() if not is_left_out(name, value)}


def is_left_out(name, value):
    return name in LEFT_OUT and re.fullmatch(LEFT_OUT[name], str(value)) is not None


@schemathesis.hook
def before_call(context, case, kwargs):
    # A stored revision and nothing stored at all contradict each other. The contract's own examples are sent, too.
    if any(name.lower() == "if-none-match" for name in case.headers or {}):
        case.query.pop("if_revision", None)
    # An outcome of another phase is forbidden by words only.
    body = case.body
    if isinstance(body, dict) and body.get("phase") in ("scan", "mitigate") and body.get("outcome") == "confirmed":
        del body["outcome"]
