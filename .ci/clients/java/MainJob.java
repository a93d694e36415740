import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.PhaseDataApi;
import org.openapitools.client.model.Phase;
import org.openapitools.client.model.Problem404;
import org.openapitools.client.model.Problem412;
import org.openapitools.client.model.StorePhaseData;

/** The main job with the client that openapi-generator makes for Java. */
class MainJob {
    static final String REPOSITORY = "octo/from-java";
    static final int ISSUE = 42;
    static final ObjectMapper JSON = ApiClient.createDefaultObjectMapper();

    static PhaseDataApi connect(String url) {
        var client = new ApiClient();
        client.updateBaseUri(url);
        client.setRequestInterceptor(
                request -> request.header("Authorization", "Bearer " + System.getenv("PHASE_DATA_KEY")));
        return new PhaseDataApi(client);
    }

    static void equal(Object found, Object expected) {
        if (!Objects.equals(found, expected)) {
            throw new AssertionError(found + " instead of " + expected);
        }
    }

    static ApiException refusal(Callable<?> call) throws Exception {
        try {
            throw new AssertionError("no refusal, but " + call.call());
        } catch (ApiException refusal) {
            return refusal;
        }
    }

    public static void main(String[] arguments) throws Exception {
        var report = JSON.readValue(new File(arguments[0]), Object.class);
        var api = connect(System.getenv("PHASE_DATA_URL"));
        var document = new StorePhaseData().repository(REPOSITORY).issueNumber(ISSUE).phase(Phase.SCAN).data(report);

        var stored = api.storePhaseData(document, null, null, null);
        equal(stored.getRevision(), 1L);
        equal(stored.getEffect(), "created");

        var phases = api.retrievePhaseData(REPOSITORY, ISSUE, Phase.SCAN, null, null, null).getPhases();
        equal(phases.size(), 1);
        equal(phases.get(0).getEtag(), stored.getEtag());
        equal(phases.get(0).getData(), report);

        var current = refusal(() -> api.retrievePhaseData(REPOSITORY, ISSUE, Phase.SCAN, null, null, stored.getEtag()));
        equal(current.getCode(), 304);

        var refused = refusal(() -> api.storePhaseData(document, null, null, 7L));
        equal(refused.getCode(), 412);
        var mismatch = JSON.readValue(refused.getResponseBody(), Problem412.class);
        equal(mismatch.getCode(), "revision_mismatch");
        equal(mismatch.getCurrentEtag(), stored.getEtag());
        document.setCommitSha("a".repeat(40));
        var replaced = api.storePhaseData(document, stored.getEtag(), null, 1L);
        equal(replaced.getRevision(), 2L);
        equal(replaced.getEffect(), "replaced");

        var all = api.listIssues(
                REPOSITORY, null, null, null, null, null, null, null, null, null, null, null, null);
        var issues = all.getIssues();
        equal(issues.stream().map(issue -> issue.getIssueNumber()).toList(), List.of(ISSUE));

        // A later release may answer with values that this client does not know.
        var later = connect(System.getenv("PHASE_DATA_LATER_URL"));
        equal(later.storePhaseData(document, null, null, null).getEffect(), "of_a_later_release");
        var fresh = later.retrievePhaseData(REPOSITORY, ISSUE, null, document.getCommitSha(), null, null);
        equal(fresh.getPhases().get(0).getFreshness(), "of_a_later_release");

        var removed = api.deletePhaseData(REPOSITORY, ISSUE, OffsetDateTime.now(), null, null, null, null);
        equal(removed.getDeleted(), List.of("scan"));
        for (var entry : Map.of(api, "phase_data_not_found", later, "of_a_later_release").entrySet()) {
            var missing = refusal(() -> entry.getKey().retrievePhaseData(REPOSITORY, ISSUE, null, null, null, null));
            equal(missing.getCode(), 404);
            equal(JSON.readValue(missing.getResponseBody(), Problem404.class).getCode(), entry.getValue());
        }
    }
}
