// The main job with the client that openapi-generator makes for TypeScript and fetch.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Configuration, Phase, PhaseDataApi, Problem404FromJSON, Problem412FromJSON, ResponseError } from "./client/index.js";

const repository = "octo/from-typescript-fetch";
const issueNumber = 42;
const report = JSON.parse(readFileSync(process.argv[2]!, "utf8"));

const connect = (basePath: string) =>
  new PhaseDataApi(new Configuration({ basePath, accessToken: process.env.PHASE_DATA_KEY! }));

// The client throws answers that are no success, with the response.
async function refusalOf(call: Promise<unknown>): Promise<Response> {
  const error: unknown = await call.then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof ResponseError, `no refusal: ${error}`);
  return error.response;
}

const api = connect(process.env.PHASE_DATA_URL!);
const storePhaseData = { repository, issueNumber, phase: Phase.Scan, data: report };

const stored = await api.storePhaseData({ storePhaseData });
assert.deepEqual([stored.revision, stored.effect], [1, "created"]);

const issue = await api.retrievePhaseData({ repository, issueNumber, phase: Phase.Scan });
assert.deepEqual(issue.phases.map((phase) => [phase.phase, phase.etag]), [[Phase.Scan, stored.etag]]);
assert.deepEqual(issue.phases[0]!.data, report, "what came back is not what was stored");

const current = await refusalOf(
  api.retrievePhaseData({ repository, issueNumber, phase: Phase.Scan, ifNoneMatch: stored.etag }),
);
assert.equal(current.status, 304);

const mismatch = await refusalOf(api.storePhaseData({ storePhaseData, ifRevision: 7 }));
assert.equal(mismatch.status, 412);
const problem = Problem412FromJSON(await mismatch.json());
assert.deepEqual([problem.code, problem.currentEtag], ["revision_mismatch", stored.etag]);
const commitSha = "a".repeat(40);
const changed = { ...storePhaseData, commitSha };
const replaced = await api.storePhaseData({ storePhaseData: changed, ifMatch: stored.etag, ifRevision: 1 });
assert.deepEqual([replaced.revision, replaced.effect], [2, "replaced"]);

const list = await api.listIssues({ repository });
assert.deepEqual(list.issues.map((issue) => issue.issueNumber), [issueNumber]);

// A later release may answer with values that this client does not know.
const later = connect(process.env.PHASE_DATA_LATER_URL!);
assert.equal((await later.storePhaseData({ storePhaseData: changed })).effect, "of_a_later_release");
const fresh = await later.retrievePhaseData({ repository, issueNumber, commitSha });
assert.equal(fresh.phases[0]!.freshness, "of_a_later_release");

const removed = await api.deletePhaseData({ repository, issueNumber, closedAt: new Date() });
assert.deepEqual(removed.deleted, [Phase.Scan]);
for (const [client, code] of [[api, "phase_data_not_found"], [later, "of_a_later_release"]] as const) {
  const missing = await refusalOf(client.retrievePhaseData({ repository, issueNumber }));
  assert.equal(missing.status, 404);
  assert.equal(Problem404FromJSON(await missing.json()).code, code);
}
