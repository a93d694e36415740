"""The main job with the client that openapi-generator makes for Python."""

import json
import os
import sys
from datetime import datetime, timezone

from phase_data_client import ApiClient, Configuration, Phase, PhaseDataApi, Problem404, Problem412, StorePhaseData
from phase_data_client.exceptions import ApiException, NotFoundException

REPOSITORY, ISSUE = "octo/from-python", 42

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)


def connect(url: str) -> PhaseDataApi:
    return PhaseDataApi(ApiClient(Configuration(host=url, access_token=os.environ["PHASE_DATA_KEY"])))


api = connect(os.environ["PHASE_DATA_URL"])
document = StorePhaseData(repository=REPOSITORY, issue_number=ISSUE, phase=Phase.SCAN, data=report)

stored = api.store_phase_data(document)
assert (stored.revision, stored.effect) == (1, "created"), stored

issue = api.retrieve_phase_data(REPOSITORY, ISSUE, phase=Phase.SCAN)
assert [(phase.phase, phase.etag) for phase in issue.phases] == [(Phase.SCAN, stored.etag)], issue
assert issue.phases[0].data == report, "what came back is not what was stored"

try:
    api.retrieve_phase_data(REPOSITORY, ISSUE, phase=Phase.SCAN, if_none_match=stored.etag)
    raise AssertionError("what is current was sent again")
except ApiException as answer:
    assert answer.status == 304, answer

try:
    api.store_phase_data(document, if_revision=7)
    raise AssertionError("a store was done although its condition does not hold")
except ApiException as refusal:
    assert refusal.status == 412 and isinstance(refusal.data, Problem412), refusal
    assert (refusal.data.code, refusal.data.current_etag) == ("revision_mismatch", stored.etag), refusal
document.commit_sha = "a" * 40
replaced = api.store_phase_data(document, if_match=stored.etag, if_revision=1)
assert (replaced.revision, replaced.effect) == (2, "replaced"), replaced

listed = api.list_issues(REPOSITORY)
assert [one.issue_number for one in listed.issues] == [ISSUE], listed

# A later release may answer with values that this client does not know.
later = connect(os.environ["PHASE_DATA_LATER_URL"])
assert later.store_phase_data(document).effect == "of_a_later_release"
fresh = later.retrieve_phase_data(REPOSITORY, ISSUE, commit_sha=document.commit_sha)
assert fresh.phases[0].freshness == "of_a_later_release", fresh

removed = api.delete_phase_data(REPOSITORY, ISSUE, closed_at=datetime.now(timezone.utc))
assert removed.deleted == [Phase.SCAN], removed
for client, code in ((api, "phase_data_not_found"), (later, "of_a_later_release")):
    try:
        client.retrieve_phase_data(REPOSITORY, ISSUE)
        raise AssertionError("the issue is still there after the cleanup")
    except NotFoundException as refusal:
        assert isinstance(refusal.data, Problem404) and refusal.data.code == code, refusal
