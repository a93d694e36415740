"""Delivers GitHub's own examples of webhook events to a running backend, signed, and looks where each ends.

webhooks.py EXAMPLES SCHEMA PROGRAM

Every example goes, as it is, to the App's webhook and to one of a new account with the same owner, which has data
where the event points. What the examples lack, or have with times of years ago, is built from them and checked
against GitHub's schema.
"""

import copy
import hashlib
import hmac
import itertools
import json
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone

import jsonschema
import requests

EXAMPLES, SCHEMA, PROGRAM = sys.argv[1:]
URL = os.environ["PHASE_DATA_URL"]
APP = f"{URL}/api/v1/webhooks/github"
APP_SECRET = os.environ["PHASE_DATA_WEBHOOK_SECRET"]

# The documented result of each action: the final state of the delivery, and of the data. A time of years ago hides
# nothing that was stored since, and restores nothing that was cleaned up since.
EXPECTED = {
    ("issues", "closed"): ("done", "gone"),
    ("issues", "reopened"): ("done", "here"),
    ("issues", "deleted"): ("done", "gone"),
    ("issues", "transferred"): ("done", "gone"),  # to another owner; built to the same one below
    ("repository", "renamed"): ("done", "moved"),
    ("repository", "deleted"): ("done", "gone"),
    ("repository", "archived"): ("done", "gone"),
    ("repository", "unarchived"): ("done", "here"),
    ("installation", "created"): ("done", "here"),
    ("installation", "deleted"): ("done", "gone"),
    ("installation_repositories", "added"): ("done", "here"),
    ("installation_repositories", "removed"): ("done", "gone"),
    ("ping", None): ("done", "here"),
}
WITHIN_THE_ACCOUNT = ("done", "moved")
IGNORED = ("ignored", "here")
# The action that hides the data again that the action restores.
OPPOSITE = {"reopened": "closed", "unarchived": "archived", "created": "deleted", "added": "removed"}

numbers = itertools.count(1)


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout.strip()


class Account:
    """A new account of this owner, with a webhook of its own. Each is of another forge, so that there can be many."""

    def __init__(self, owner_id):
        forge = f"example-{next(numbers)}"
        account = run("account", "create", "--forge", forge, "--owner-id", str(owner_id), "--login", "example")
        key = run("key", "create", "--account", account, "--name", "example", "--scope", "admin")
        self.headers = {"Authorization": f"Bearer {key}"}
        made = requests.post(f"{URL}/api/v1/admin/webhook_secret", json={}, headers=self.headers, timeout=10).json()
        self.hook = (URL + made["webhook"]["path"], made["secret"])

    def store(self, repository, issue):
        body = {"repository": repository, "issue_number": issue, "phase": "scan", "data": {"kept": True}}
        requests.post(f"{URL}/api/v1/phase_data", json=body, headers=self.headers, timeout=10).raise_for_status()

    def has(self, repository, issue):
        path = f"{URL}/api/v1/phase_data/{repository}/{issue}"
        answer = requests.get(path, headers=self.headers, timeout=10)
        assert answer.status_code in (200, 404), answer.text
        return answer.status_code == 200

    def settled(self, delivery_id):
        for _ in range(200):
            path = f"{URL}/api/v1/admin/webhook_deliveries?limit=100"
            listed = requests.get(path, headers=self.headers, timeout=10).json()["deliveries"]
            found = [delivery for delivery in listed if delivery["delivery_id"] == delivery_id]
            assert len(found) == 1, listed
            if found[0]["state"] != "pending":
                return found[0]
            time.sleep(0.05)
        raise SystemExit(f"never settled: {found}")


def deliver(hook, event, payload):
    url, secret = hook
    body = json.dumps(payload).encode()
    delivery_id = f"example-{next(numbers)}"
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery_id,
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
    started = time.monotonic()
    answer = requests.post(url, data=body, headers=headers, timeout=10)
    assert answer.status_code == 202, f"{event}: {answer.status_code} {answer.text}"
    assert time.monotonic() - started < 10
    return delivery_id, answer.json()


def owner_of(event, payload):
    if event.startswith("installation"):
        return payload["installation"]["account"]["id"]
    for member in ("repository", "organization"):
        if member in payload:
            return payload[member].get("owner", payload[member])["id"]
    return 1


def places(event, payload):
    """Where the data is before the event, and where it belongs after it."""
    repository = payload.get("repository", {"full_name": "example/example"})["full_name"]
    changes = payload.get("changes") or {}
    if event == "installation_repositories":
        listed = payload["repositories_added"] + payload["repositories_removed"]
        repository = listed[0]["full_name"]
    if event == "issues":
        before = (repository, payload["issue"]["number"])
        if "new_repository" in changes:
            return before, (changes["new_repository"]["full_name"], changes["new_issue"]["number"])
        return before, before
    if payload.get("action") == "renamed":
        owner = repository.split("/")[0]
        return (f"{owner}/{changes['repository']['name']['from']}", 1), (repository, 1)
    return (repository, 1), (repository, 1)


def check(what, event, payload):
    state, effect = EXPECTED.get((event, payload.get("action")), IGNORED)
    if what == "built issues.transferred":
        state, effect = WITHIN_THE_ACCOUNT
    _, answer = deliver((APP, APP_SECRET), event, payload)
    assert answer["state"] in ("pending", state, "ignored"), f"{what}: {answer}"

    account = Account(owner_of(event, payload))
    before, after = places(event, payload)
    account.store(*before)
    # An example's own time is years before anything that could hide the data here.
    timely = what.startswith("built") or event.startswith("installation")
    opposite = OPPOSITE.get(payload.get("action")) if timely and state == "done" else None
    if opposite:
        hiding = prepared(payload, opposite)
        if event == "installation_repositories":
            hiding["repositories_removed"] = hiding["repositories_added"]
        account.settled(deliver(account.hook, event, hiding)[0])
        assert not account.has(*before), f"{what}: {opposite} did not hide the data"
        if what.startswith("built"):
            time.sleep(1.1)  # GitHub's times are whole seconds
            payload = prepared(payload, payload["action"])
    delivery_id, _ = deliver(account.hook, event, payload)
    delivery = account.settled(delivery_id)
    assert delivery["state"] == state, f"{what}: {delivery}"
    assert account.has(*after) == (effect != "gone"), f"{what}: the data should be {effect}"
    if effect == "moved":
        assert event != "issues" or not account.has(*before), f"{what}: the data is still at its old place"
    print(f"  {what}: {delivery['state']}, the data is {effect}")


def prepared(payload, action):
    """The same with another action, as if it happened now."""
    payload = copy.deepcopy(payload)
    now = (datetime.now(timezone.utc) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    payload["action"] = action
    if "issue" in payload:
        closed = action == "closed"
        payload["issue"].update(state="closed" if closed else "open", closed_at=now if closed else None, updated_at=now)
    if "repository" in payload:
        payload["repository"].update(updated_at=now, archived=action == "archived")
    return payload


def built(examples, schema):
    """What the examples lack, and words that are about now."""
    issue = next(e for e in examples["issues"] if e["action"] == "reopened")
    repository = next(e for e in examples["repository"] if e["action"] == "created")
    transferred = copy.deepcopy(next(e for e in examples["issues"] if e["action"] == "transferred"))
    transferred["changes"]["new_repository"]["owner"] = transferred["repository"]["owner"]
    yield "issues", transferred
    for event, base, action in [
        ("issues", issue, "closed"),
        ("issues", issue, "reopened"),
        ("repository", repository, "deleted"),
        ("repository", repository, "archived"),
        ("repository", repository, "unarchived"),
    ]:
        payload = prepared(base, action)
        jsonschema.validate(payload, {**schema, "oneOf": [{"$ref": f"#/definitions/{event}${action}"}]})
        yield event, payload


def main():
    with open(EXAMPLES) as file:
        examples = {of["name"]: of["examples"] for of in json.load(file)}
    with open(SCHEMA) as file:
        schema = json.load(file)
    count = 0
    for event in ("issues", "repository", "installation", "installation_repositories", "ping"):
        assert examples[event], event
        for payload in examples[event]:
            check(f"{event}.{payload.get('action', '')}".rstrip("."), event, payload)
            count += 1
    for event, payload in built(examples, schema):
        check(f"built {event}.{payload['action']}", event, payload)
        count += 1
    print(f"  {count} deliveries ended as they should")


main()
