"""Makes valid what the contract forbids in words, because no schema of OpenAPI 3.0 can."""

import schemathesis


@schemathesis.hook("map_body").apply_to(operation_id="create_key")
def an_admin_key_has_no_list_of_repositories(context, body):
    if isinstance(body, dict) and body.get("scope") == "admin" and isinstance(body.get("repositories"), list):
        return {name: value for name, value in body.items() if name != "repositories"}
    return body


@schemathesis.hook("map_body").apply_to(operation_id="store_phase_data")
def only_validate_has_an_outcome(context, body):
    if isinstance(body, dict) and body.get("phase") != "validate":
        return {name: value for name, value in body.items() if name != "outcome"}
    return body


@schemathesis.hook("map_query").apply_to(operation_id="merge_phase_data")
def only_a_patch_of_validate_has_an_outcome(context, query):
    if query and query.get("phase") != "validate":
        return {name: value for name, value in query.items() if name != "outcome"}
    return query


@schemathesis.hook
def map_query(context, query):
    # A cursor is what a page before ended with. Nobody stores what would be waited for.
    return {name: value for name, value in (query or {}).items() if name not in ("cursor", "wait_seconds")}


@schemathesis.hook
def before_call(context, case, kwargs):
    # A stored revision and nothing stored at all contradict each other.
    if any(name.lower() == "if-none-match" for name in case.headers or {}):
        case.query.pop("if_revision", None)
