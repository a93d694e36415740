"""Makes valid what the contract forbids in words, because no schema of OpenAPI 3.0 can."""

import schemathesis


@schemathesis.hook("map_body").apply_to(operation_id="create_key")
def an_admin_key_has_no_list_of_repositories(context, body):
    if isinstance(body, dict) and body.get("scope") == "admin" and isinstance(body.get("repositories"), list):
        return {name: value for name, value in body.items() if name != "repositories"}
    return body


@schemathesis.hook
def map_query(context, query):
    # A cursor is what a page before ended with. Nobody stores what would be waited for.
    return {name: value for name, value in (query or {}).items() if name not in ("cursor", "wait_seconds")}


@schemathesis.hook
def before_call(context, case, kwargs):
    # A stored revision and nothing stored at all contradict each other.
    if any(name.lower() == "if-none-match" for name in case.headers or {}):
        case.query.pop("if_revision", None)
    # Only validate has an outcome. In a list, it is a filter.
    for request in (case.body, case.query):
        if case.method in ("POST", "PATCH") and isinstance(request, dict) and request.get("phase") != "validate":
            request.pop("outcome", None)
