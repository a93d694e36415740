// The main job with the client that openapi-generator makes for Kotlin.

import java.io.File
import java.time.OffsetDateTime
import org.openapitools.client.apis.PhaseDataApi
import org.openapitools.client.infrastructure.ApiClient
import org.openapitools.client.infrastructure.ApiResponse
import org.openapitools.client.infrastructure.ClientError
import org.openapitools.client.infrastructure.Serializer
import org.openapitools.client.models.Phase
import org.openapitools.client.models.Problem404
import org.openapitools.client.models.Problem412
import org.openapitools.client.models.StorePhaseData

const val REPOSITORY = "octo/from-kotlin"
const val ISSUE = 42

fun equal(found: Any?, expected: Any?) = check(found == expected) { "$found instead of $expected" }

/** The problem of an answer that has to be an error. */
inline fun <reified P> problem(answer: ApiResponse<*>, status: Int): P {
    equal(answer.statusCode, status)
    return Serializer.gson.fromJson((answer as ClientError<*>).body as String, P::class.java)
}

fun main(arguments: Array<String>) {
    ApiClient.accessToken = System.getenv("PHASE_DATA_KEY")
    val report = Serializer.gson.fromJson(File(arguments[0]).readText(), Any::class.java)
    val api = PhaseDataApi(System.getenv("PHASE_DATA_URL"))
    val later = PhaseDataApi(System.getenv("PHASE_DATA_LATER_URL"))
    val document = StorePhaseData(REPOSITORY, ISSUE, Phase.scan, report)

    val stored = api.storePhaseData(document)
    equal(stored.revision to stored.effect, 1L to "created")

    val phases = api.retrievePhaseData(REPOSITORY, ISSUE, phase = Phase.scan).phases
    equal(phases.map { it.phase to it.etag }, listOf("scan" to stored.etag))
    equal(phases[0].data, report)

    val current = api.retrievePhaseDataWithHttpInfo(REPOSITORY, ISSUE, Phase.scan, null, null, stored.etag)
    equal(current.statusCode, 304)

    val mismatch = problem<Problem412>(api.storePhaseDataWithHttpInfo(document, null, null, 7), 412)
    equal(mismatch.code to mismatch.currentEtag, "revision_mismatch" to stored.etag)
    val changed = document.copy(commitSha = "a".repeat(40))
    val replaced = api.storePhaseData(changed, ifMatch = stored.etag, ifRevision = 1)
    equal(replaced.revision to replaced.effect, 2L to "replaced")

    equal(api.listIssues(REPOSITORY).issues.map { it.issueNumber }, listOf(ISSUE))

    // A later release may answer with values that this client does not know.
    equal(later.storePhaseData(changed).effect, "of_a_later_release")
    val fresh = later.retrievePhaseData(REPOSITORY, ISSUE, commitSha = changed.commitSha)
    equal(fresh.phases[0].freshness, "of_a_later_release")

    equal(api.deletePhaseData(REPOSITORY, ISSUE, closedAt = OffsetDateTime.now()).deleted, listOf("scan"))
    for ((client, code) in listOf(api to "phase_data_not_found", later to "of_a_later_release")) {
        val missing = client.retrievePhaseDataWithHttpInfo(REPOSITORY, ISSUE, null, null, null, null)
        equal(problem<Problem404>(missing, 404).code, code)
    }
}
