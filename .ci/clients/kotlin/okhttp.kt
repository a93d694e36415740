// The part of okhttp 4's interface that the generated client uses, over Java's own HTTP client: okhttp 4 is in no
// registry that CI reaches. Forms and files, which the contract does not have, only compile.
@file:Suppress("UNUSED_PARAMETER")

package okhttp3

import java.io.Closeable
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.net.URI
import java.net.URLEncoder
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import kotlin.text.Charsets.UTF_8

class MediaType(private val text: String) {
    override fun toString() = text

    companion object {
        fun String.toMediaTypeOrNull(): MediaType? = MediaType(this)
    }
}

open class RequestBody(val contentType: MediaType?, val content: ByteArray) {
    companion object {
        fun ByteArray.toRequestBody(contentType: MediaType? = null) = RequestBody(contentType, this)
        fun String.toRequestBody(contentType: MediaType? = null) = RequestBody(contentType, toByteArray())
        fun File.asRequestBody(contentType: MediaType? = null) = RequestBody(contentType, readBytes())
    }
}

class FormBody {
    class Builder {
        fun add(name: String, value: String): Builder = TODO()
        fun build(): RequestBody = TODO()
    }
}

class MultipartBody {
    class Builder {
        fun setType(type: MediaType): Builder = TODO()
        fun addPart(headers: Headers?, body: RequestBody): Builder = TODO()
        fun build(): RequestBody = TODO()
    }

    companion object {
        val FORM = MediaType("multipart/form-data")
    }
}

class Headers(private val entries: Map<String, List<String>>) {
    fun toMultimap() = entries

    class Builder {
        private val entries = mutableMapOf<String, List<String>>()

        fun add(name: String, value: String) = apply { entries[name] = entries[name].orEmpty() + value }
        fun build() = Headers(entries)
    }

    companion object {
        fun Map<String, String>.toHeaders() = Headers(mapValues { listOf(it.value) })
    }
}

class HttpUrl(val base: String, val encodedPathSegments: List<String>, val query: List<String>) {
    fun newBuilder() = Builder(this)

    override fun toString() =
        base + encodedPathSegments.joinToString("") { "/$it" } + if (query.isEmpty()) "" else query.joinToString("&", "?")

    class Builder(private var url: HttpUrl = HttpUrl("", listOf(), listOf())) {
        private fun with(segments: List<String>, parameters: List<String>) =
            apply { url = HttpUrl(url.base, url.encodedPathSegments + segments, url.query + parameters) }

        private fun encode(text: String) = URLEncoder.encode(text, UTF_8).replace("+", "%20")

        fun scheme(scheme: String) = this
        fun host(host: String) = this
        fun addPathSegment(pathSegment: String) = with(listOf(encode(pathSegment)), listOf())
        fun addEncodedPathSegments(encodedPathSegments: String) = with(encodedPathSegments.split("/"), listOf())
        fun addQueryParameter(name: String, value: String?) = with(listOf(), listOf("$name=${encode(value.orEmpty())}"))
        fun build() = url
    }

    companion object {
        fun String.toHttpUrlOrNull(): HttpUrl? = HttpUrl(this, listOf(), listOf())
    }
}

class Request(val url: HttpUrl, val method: String, val headers: Headers, val body: RequestBody?) {
    class Builder {
        private lateinit var url: HttpUrl
        private var headers = Headers(mapOf())
        private var method = "GET"
        private var body: RequestBody? = null

        fun url(url: HttpUrl) = apply { this.url = url }
        fun headers(headers: Headers) = apply { this.headers = headers }
        fun method(method: String, body: RequestBody?) = apply { this.method = method; this.body = body }
        fun head() = method("HEAD", null)
        fun delete(body: RequestBody? = null) = method("DELETE", body)
        fun patch(body: RequestBody) = method("PATCH", body)
        fun post(body: RequestBody) = method("POST", body)
        fun put(body: RequestBody) = method("PUT", body)
        fun build() = Request(url, method, headers, body)
    }
}

class ResponseBody(private val content: ByteArray) : Closeable {
    fun byteStream(): InputStream = content.inputStream()
    fun bytes() = content
    fun string() = String(content)
    override fun close() = Unit
}

class Response(private val answer: HttpResponse<ByteArray>) : Closeable {
    val body: ResponseBody? = ResponseBody(answer.body())
    val code = answer.statusCode()
    val headers = Headers(answer.headers().map())
    val isRedirect = code in setOf(300, 301, 302, 303, 307, 308)
    val isSuccessful = code in 200..299
    val message = ""
    fun header(name: String, defaultValue: String? = null) = answer.headers().firstValue(name).orElse(defaultValue)
    override fun close() = Unit
}

interface Call {
    fun execute(): Response
    fun enqueue(responseCallback: Callback): Unit = TODO()

    fun interface Factory {
        fun newCall(request: Request): Call
    }
}

interface Callback {
    fun onFailure(call: Call, e: IOException)
    fun onResponse(call: Call, response: Response)
}

class OkHttpClient : Call.Factory {
    private val client = HttpClient.newHttpClient()

    override fun newCall(request: Request) = object : Call {
        override fun execute(): Response {
            val content = request.body?.let { HttpRequest.BodyPublishers.ofByteArray(it.content) }
            val prepared = HttpRequest.newBuilder(URI(request.url.toString()))
                .method(request.method, content ?: HttpRequest.BodyPublishers.noBody())
            request.headers.toMultimap().forEach { (name, values) -> values.forEach { prepared.header(name, it) } }
            return Response(client.send(prepared.build(), HttpResponse.BodyHandlers.ofByteArray()))
        }
    }

    class Builder {
        fun build() = OkHttpClient()
    }
}
