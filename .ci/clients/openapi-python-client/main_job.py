"""The main job with the client that openapi-python-client makes."""

import json
import os
import sys
from datetime import datetime, timezone
from http import HTTPStatus

from phase_data_client import AuthenticatedClient
from phase_data_client.api.phase_data import delete_phase_data, list_issues, retrieve_phase_data, store_phase_data
from phase_data_client.models import (
    DeletedPhaseData,
    IssueList,
    IssuePhaseData,
    Phase,
    Problem404,
    Problem412,
    StoredPhaseData,
    StorePhaseData,
)

REPOSITORY, ISSUE = "octo/from-openapi-python-client", 42

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)


def connect(url: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=url, token=os.environ["PHASE_DATA_KEY"])


client = connect(os.environ["PHASE_DATA_URL"])
document = StorePhaseData(repository=REPOSITORY, issue_number=ISSUE, phase=Phase.SCAN, data=report)

stored = store_phase_data.sync(client=client, body=document)
assert isinstance(stored, StoredPhaseData), stored
assert (stored.revision, stored.effect) == (1, "created"), stored

issue = retrieve_phase_data.sync(REPOSITORY, ISSUE, client=client, phase=Phase.SCAN)
assert isinstance(issue, IssuePhaseData), issue
assert [(phase.phase, phase.etag) for phase in issue.phases] == [(Phase.SCAN, stored.etag)], issue
assert issue.phases[0].data == report, "what came back is not what was stored"

current = retrieve_phase_data.sync_detailed(REPOSITORY, ISSUE, client=client, phase=Phase.SCAN, if_none_match=stored.etag)
assert current.status_code == HTTPStatus.NOT_MODIFIED, current

refusal = store_phase_data.sync_detailed(client=client, body=document, if_revision=7)
assert refusal.status_code == HTTPStatus.PRECONDITION_FAILED and isinstance(refusal.parsed, Problem412), refusal
assert (refusal.parsed.code, refusal.parsed.current_etag) == ("revision_mismatch", stored.etag), refusal
document.commit_sha = "a" * 40
replaced = store_phase_data.sync(client=client, body=document, if_match=stored.etag, if_revision=1)
assert isinstance(replaced, StoredPhaseData), replaced
assert (replaced.revision, replaced.effect) == (2, "replaced"), replaced

listed = list_issues.sync(REPOSITORY, client=client)
assert isinstance(listed, IssueList), listed
assert [one.issue_number for one in listed.issues] == [ISSUE], listed

# A later release may answer with values that this client does not know.
later = connect(os.environ["PHASE_DATA_LATER_URL"])
grown = store_phase_data.sync(client=later, body=document)
assert isinstance(grown, StoredPhaseData) and grown.effect == "of_a_later_release", grown
fresh = retrieve_phase_data.sync(REPOSITORY, ISSUE, client=later, commit_sha=document.commit_sha)
assert isinstance(fresh, IssuePhaseData) and fresh.phases[0].freshness == "of_a_later_release", fresh

removed = delete_phase_data.sync(REPOSITORY, ISSUE, client=client, closed_at=datetime.now(timezone.utc))
assert isinstance(removed, DeletedPhaseData) and removed.deleted == [Phase.SCAN], removed
for reader, code in ((client, "phase_data_not_found"), (later, "of_a_later_release")):
    missing = retrieve_phase_data.sync_detailed(REPOSITORY, ISSUE, client=reader)
    assert missing.status_code == HTTPStatus.NOT_FOUND and isinstance(missing.parsed, Problem404), missing
    assert missing.parsed.code == code, missing
