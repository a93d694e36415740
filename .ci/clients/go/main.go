// The main job with the client that openapi-generator makes for Go.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	"client-check/client"
)

const (
	repository = "octo/from-go"
	issue      = 42
)

func check(holds bool, found ...any) {
	if !holds {
		panic(fmt.Sprintf("not as expected: %+v", found))
	}
}

func must[T any](answer *T, _ *http.Response, err error) *T {
	if err != nil {
		panic(err)
	}
	return answer
}

// refusal returns the status and, if the answer has one, the problem.
func refusal[T any](answer *T, response *http.Response, err error) (int, any) {
	var refused *client.GenericOpenAPIError
	check(errors.As(err, &refused), answer, response, err)
	return response.StatusCode, refused.Model()
}

func connect(url string) *client.PhaseDataAPIService {
	configuration := client.NewConfiguration()
	configuration.Servers = client.ServerConfigurations{{URL: url}}
	configuration.AddDefaultHeader("Authorization", "Bearer "+os.Getenv("PHASE_DATA_KEY"))
	return client.NewAPIClient(configuration).PhaseDataAPI
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err == nil, err)
	var report any
	check(json.Unmarshal(text, &report) == nil)

	ctx := context.Background()
	api := connect(os.Getenv("PHASE_DATA_URL"))
	document := client.NewStorePhaseData(repository, issue, client.SCAN, report)

	stored := must(api.StorePhaseData(ctx).StorePhaseData(*document).Execute())
	check(stored.Revision == 1 && stored.Effect == "created", stored)

	retrieve := func(from *client.PhaseDataAPIService) client.ApiRetrievePhaseDataRequest {
		return from.RetrievePhaseData(ctx, repository, issue)
	}
	phases := must(retrieve(api).Phase(client.SCAN).Execute()).Phases
	check(len(phases) == 1 && phases[0].Phase == "scan" && phases[0].Etag == stored.Etag, phases)
	check(reflect.DeepEqual(phases[0].Data, report), "what came back is not what was stored")

	status, _ := refusal(retrieve(api).Phase(client.SCAN).IfNoneMatch(stored.Etag).Execute())
	check(status == 304, status)

	status, problem := refusal(api.StorePhaseData(ctx).StorePhaseData(*document).IfRevision(7).Execute())
	mismatch, ok := problem.(client.Problem412)
	check(ok && status == 412 && mismatch.Code == "revision_mismatch", status, problem)
	check(mismatch.GetCurrentEtag() == stored.Etag, mismatch)
	document.SetCommitSha(strings.Repeat("a", 40))
	replaced := must(api.StorePhaseData(ctx).StorePhaseData(*document).IfMatch(stored.Etag).IfRevision(1).Execute())
	check(replaced.Revision == 2 && replaced.Effect == "replaced", replaced)

	listed := must(api.ListIssues(ctx, repository).Execute()).Issues
	check(len(listed) == 1 && listed[0].IssueNumber == issue, listed)

	// A later release may answer with values that this client does not know.
	later := connect(os.Getenv("PHASE_DATA_LATER_URL"))
	grown := must(later.StorePhaseData(ctx).StorePhaseData(*document).Execute())
	check(grown.Effect == "of_a_later_release", grown)
	fresh := must(retrieve(later).CommitSha(document.GetCommitSha()).Execute())
	check(fresh.Phases[0].GetFreshness() == "of_a_later_release", fresh)

	removed := must(api.DeletePhaseData(ctx, repository, issue).ClosedAt(time.Now()).Execute())
	check(len(removed.Deleted) == 1 && removed.Deleted[0] == "scan", removed)
	for code, from := range map[string]*client.PhaseDataAPIService{"phase_data_not_found": api, "of_a_later_release": later} {
		status, problem = refusal(retrieve(from).Execute())
		missing, ok := problem.(client.Problem404)
		check(ok && status == 404 && missing.Code == code, status, problem)
	}
}
