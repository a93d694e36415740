// Stores a document with the generated client, gets it back, lists it, cleans up, and meets a 404 as the contract says.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Configuration, Phase, PhaseDataApi, ResponseError } from "./typescript-client/index.js";

const repository = "octo/from-typescript";
const issueNumber = 42;
const report = JSON.parse(readFileSync(process.argv[2]!, "utf8"));
const api = new PhaseDataApi(
  new Configuration({ basePath: process.env.PHASE_DATA_URL!, accessToken: process.env.PHASE_DATA_KEY! }),
);

const stored = await api.storePhaseData({
  storePhaseData: { repository, issueNumber, phase: Phase.Scan, data: report },
});
assert.equal(stored.revision, 1);

const issue = await api.retrievePhaseData({ repository, issueNumber });
assert.deepEqual(issue.phases.map((phase) => [phase.phase, phase.etag]), [[Phase.Scan, stored.etag]]);
assert.deepEqual(issue.phases[0]!.data, report, "what came back is not what was stored");

const list = await api.listIssues({ repository });
assert.deepEqual(list.issues.map((issue) => issue.issueNumber), [issueNumber]);

const removed = await api.deletePhaseData({ repository, issueNumber });
assert.deepEqual(removed.deleted, [Phase.Scan]);
const refusal = await api.retrievePhaseData({ repository, issueNumber }).catch((error: unknown) => error);
assert.ok(refusal instanceof ResponseError, "the issue is still there after the cleanup");
assert.equal(refusal.response.status, 404);
assert.equal((await refusal.response.json()).code, "phase_data_not_found");

console.log(`  TypeScript: stored, retrieved as the same value, listed and cleaned up: ${stored.dataBytes} bytes`);
