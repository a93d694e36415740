"""Stores a document with the generated client, gets it back, lists it, cleans up, and meets a 404 as the contract says."""

import json
import os
import sys

from phase_data_client import ApiClient, Configuration, Phase, PhaseDataApi, StorePhaseData
from phase_data_client.exceptions import ApiException, NotFoundException

REPOSITORY, ISSUE = "octo/from-python", 42

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)

configuration = Configuration(host=os.environ["PHASE_DATA_URL"], access_token=os.environ["PHASE_DATA_KEY"])
with ApiClient(configuration) as client:
    api = PhaseDataApi(client)

    stored = api.store_phase_data(
        StorePhaseData(repository=REPOSITORY, issue_number=ISSUE, phase=Phase.SCAN, data=report)
    )
    assert stored.revision == 1, stored

    # A condition that does not hold, and the same with what the refusal names.
    changed = StorePhaseData(repository=REPOSITORY, issue_number=ISSUE, phase=Phase.SCAN, data=report, commit_sha="a" * 40)
    try:
        api.store_phase_data(changed, if_revision=7)
    except ApiException as refusal:
        problem = json.loads(refusal.body)
        assert (refusal.status, problem["current_etag"]) == (412, stored.etag), problem
    else:
        raise AssertionError("a store was done although its condition does not hold")
    replaced = api.store_phase_data(changed, if_match=problem["current_etag"], if_revision=1)
    assert replaced.revision == 2 and replaced.etag != stored.etag, replaced

    issue = api.retrieve_phase_data(REPOSITORY, ISSUE)
    assert [phase.phase for phase in issue.phases] == [Phase.SCAN], issue
    assert (issue.phases[0].revision, issue.phases[0].etag) == (2, replaced.etag), issue
    assert issue.phases[0].data == report, "what came back is not what was stored"

    listed = api.list_issues(REPOSITORY)
    assert [one.issue_number for one in listed.issues] == [ISSUE], listed

    api.delete_phase_data(REPOSITORY, ISSUE)
    try:
        api.retrieve_phase_data(REPOSITORY, ISSUE)
    except NotFoundException as refusal:
        problem = json.loads(refusal.body)
        assert problem["code"] == "phase_data_not_found", problem
    else:
        raise AssertionError("the issue is still there after the cleanup")

print(f"  Python: stored, retrieved as the same value, listed and cleaned up: {stored.data_bytes} bytes")
