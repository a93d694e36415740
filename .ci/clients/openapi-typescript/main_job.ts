// The main job with the types that openapi-typescript makes, and its client, openapi-fetch.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./client.js";

const repository = "octo/from-openapi-typescript";
const issue_number = 42;
const report = JSON.parse(readFileSync(process.argv[2]!, "utf8"));
const path = { repository, issue_number };

const connect = (baseUrl: string) =>
  createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${process.env.PHASE_DATA_KEY!}` } });

const api = connect(process.env.PHASE_DATA_URL!);
const body: components["schemas"]["StorePhaseData"] = { repository, issue_number, phase: "scan", data: report };

const stored = await api.POST("/api/v1/phase_data", { body });
assert.deepEqual([stored.response.status, stored.data!.revision, stored.data!.effect], [201, 1, "created"]);
const etag = stored.data!.etag;

const issue = await api.GET("/api/v1/phase_data/{repository}/{issue_number}", { params: { path, query: { phase: "scan" } } });
assert.deepEqual(issue.data!.phases.map((phase) => [phase.phase, phase.etag]), [["scan", etag]]);
assert.deepEqual(issue.data!.phases[0]!.data, report, "what came back is not what was stored");

const current = await api.GET("/api/v1/phase_data/{repository}/{issue_number}", {
  params: { path, query: { phase: "scan" }, header: { "If-None-Match": etag } },
});
assert.equal(current.response.status, 304);

const mismatch = await api.POST("/api/v1/phase_data", { body, params: { query: { if_revision: 7 } } });
assert.equal(mismatch.response.status, 412);
assert.deepEqual([mismatch.error!.code, mismatch.error!.current_etag], ["revision_mismatch", etag]);
const commit_sha = "a".repeat(40);
const changed = { ...body, commit_sha };
const replaced = await api.POST("/api/v1/phase_data", {
  body: changed,
  params: { query: { if_revision: 1 }, header: { "If-Match": etag } },
});
assert.deepEqual([replaced.data!.revision, replaced.data!.effect], [2, "replaced"]);

const list = await api.GET("/api/v1/repositories/{repository}/issues", { params: { path: { repository } } });
assert.deepEqual(list.data!.issues.map((issue) => issue.issue_number), [issue_number]);

// A later release may answer with values that this client does not know.
const later = connect(process.env.PHASE_DATA_LATER_URL!);
const grown = await later.POST("/api/v1/phase_data", { body: changed });
assert.equal(grown.data!.effect, "of_a_later_release");
const fresh = await later.GET("/api/v1/phase_data/{repository}/{issue_number}", { params: { path, query: { commit_sha } } });
assert.equal(fresh.data!.phases[0]!.freshness, "of_a_later_release");

const removed = await api.DELETE("/api/v1/phase_data/{repository}/{issue_number}", {
  params: { path, query: { closed_at: new Date().toISOString() } },
});
assert.deepEqual(removed.data!.deleted, ["scan"]);
for (const [client, code] of [[api, "phase_data_not_found"], [later, "of_a_later_release"]] as const) {
  const missing = await client.GET("/api/v1/phase_data/{repository}/{issue_number}", { params: { path } });
  assert.equal(missing.response.status, 404);
  assert.equal(missing.error!.code, code);
}
