import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText

/// The HTTP side of a chat provider, independent of its API: leases, deadlines, bounded answers and
/// error statuses.
@Loop struct Upstream {
    /// The provider's name in the configuration.
    nonisolated let name: String
    /// The API key, which is removed from all of the provider's error texts; nil if there is none.
    let key: Secret?
    /// The proxy and the authorities of the provider's connections.
    let route: HTTPClientRoute
    /// The times that an answer may take.
    let timeout: Configuration.Provider.Timeout
    let client: any HTTPSending
    let surroundings: Surroundings

    /// The maximum size of an error answer that is read.
    static nonisolated let errorLimit = ByteCount.kibibytes(256)
    /// The maximum size of an unstreamed answer, where 1 MiB of text is about 250,000 tokens.
    static nonisolated let answerLimit = ByteCount.mebibytes(16)

    /// Returns the memory for sending a body of `size`: the body itself, and libcurl's copy of a
    /// small one or its buffer of 64 KiB.
    static nonisolated func sending(_ size: ByteCount) -> ByteCount {
        size + min(size, .kibibytes(64))
    }

    /// The memory leased for an unstreamed answer before the request is sent.
    static nonisolated let wholeStart = ByteCount.kibibytes(16)

    /// The deadlines of the transfer, which are those of the answer for a server that sends nothing.
    private func deadlines(streaming: Bool) -> HTTPClientDeadlines {
        guard streaming else {
            return HTTPClientDeadlines(firstByte: timeout.whole, stall: timeout.whole)
        }
        return HTTPClientDeadlines(
            firstByte: timeout.first,
            stall: max(timeout.first, timeout.next)
        )
    }

    /// Posts `body`, which the caller has leased, and returns when an answer with status 200
    /// begins.
    ///
    /// `headers` are the fields of the key and the API. The text of an error is leased from
    /// `memory`.
    ///
    /// - Throws: ``ProviderError`` for any other status.
    func post(
        _ body: [UInt8],
        to url: String,
        headers: HTTPHeaders,
        streaming: Bool,
        memory: PrepaidMemory
    ) async throws(ProviderError) -> HTTPClientResponse {
        var headers = headers
        headers["content-type"] = "application/json"
        headers["accept"] = streaming ? "text/event-stream" : "application/json"
        var request = HTTPClientRequest(
            method: "POST",
            url: url,
            headers: headers,
            body: body,
            deadlines: deadlines(streaming: streaming)
        )
        request.route = route
        let response: HTTPClientResponse
        do { response = try await client.send(request) } catch { throw translated(error) }
        guard response.status == 200 else { throw await refusal(response, memory) }
        return response
    }

    /// Checks that an answer is a stream.
    ///
    /// Some servers send an error with status 200.
    func checkStream(
        _ response: HTTPClientResponse,
        _ memory: PrepaidMemory
    ) async throws(ProviderError) {
        let type = response.headers["content-type"]?.lowercased()
        guard type?.hasPrefix("text/event-stream") != true else { return }
        let object = try await errorObject(of: response, memory)
        throw failure(in: object) ?? .malformed(provider: name, reason: "it is not a stream")
    }

    // MARK: Errors

    private func refusal(
        _ response: HTTPClientResponse,
        _ memory: PrepaidMemory
    ) async -> ProviderError {
        let retryAfter = RetryAfter.read(response.headers, now: surroundings.clock.timestamp)
        let object = try? await errorObject(of: response, memory)
        let error = object.flatMap { OpenAIWire.error(in: $0, hiding: key) }
        if error?.isAccountEmpty == true { return .accountEmpty(provider: name) }
        switch response.status {
        // The text of these errors is dropped, because a provider may repeat the key in it.
        case 401, 403:
            return .keyRefused(provider: name, status: response.status)
        case 402: return .accountEmpty(provider: name)
        case 429: return .rateLimited(provider: name, retryAfter: retryAfter)
        case 408, 500...:
            return .unavailable(
                provider: name,
                status: response.status,
                retryAfter: retryAfter
            )
        default:
            return .refused(
                provider: name,
                status: response.status,
                message: error?.message ?? "status \(response.status)",
                code: error?.code
            )
        }
    }

    /// Returns the error in an answer; nil if it has none.
    func failure(in object: JSONObject) -> ProviderError? {
        OpenAIWire.error(in: object, hiding: key).map {
            .failedMidway(provider: name, message: $0.message)
        }
    }

    // MARK: Bodies

    private func errorObject(
        of response: HTTPClientResponse,
        _ memory: PrepaidMemory
    ) async throws(ProviderError) -> JSONObject {
        var lease: MemoryLease
        do { lease = try memory.take(Upstream.errorLimit, for: .upstreamTransfer) } catch {
            throw .memoryMidway(error)
        }
        return try await collect(
            response,
            &lease,
            limit: Upstream.errorLimit,
            within: timeout.next
        )
    }

    /// Reads the whole answer to a request that was sent at `asked`.
    ///
    /// `lease` grows with it.
    func collect(
        _ response: HTTPClientResponse,
        _ lease: inout MemoryLease,
        since asked: Instant
    ) async throws(ProviderError) -> JSONObject {
        let left = timeout.whole - (surroundings.clock.now - asked)
        return try await collect(response, &lease, limit: Upstream.answerLimit, within: left)
    }

    private func collect(
        _ response: HTTPClientResponse,
        _ lease: inout MemoryLease,
        limit: ByteCount,
        within left: Duration
    ) async throws(ProviderError) -> JSONObject {
        let named = limit == Upstream.answerLimit ? timeout.whole : timeout.next
        let timer = surroundings.clock.schedule(after: max(.zero, left)) {
            response.giveUp(after: named)
        }
        defer { timer.cancel() }
        var bytes: [UInt8] = []
        while let piece = try await next(response) {
            let total = ByteCount(bytes.count + piece.count)
            guard total <= limit else {
                response.cancel()
                throw .malformed(provider: name, reason: "it is larger than \(limit)")
            }
            try grow(&lease, to: total, step: .kibibytes(64))
            bytes += piece
        }
        let whole = bytes
        do {
            return try await LargeWork.run(on: whole.count) { () throws(JSONError) in
                try JSONObject(whole)
            }
        } catch { throw .malformed(provider: name, reason: error.description) }
    }

    private func next(_ response: HTTPClientResponse) async throws(ProviderError) -> [UInt8]? {
        do { return try await response.next() } catch { throw translated(error) }
    }

    /// Leases memory for a call that has not been sent.
    func leased(
        _ count: ByteCount,
        _ call: ChatCall
    ) throws(ProviderError) -> MemoryLease {
        do { return try call.memory.take(count, for: .upstreamTransfer) } catch {
            throw .memory(error)
        }
    }

    /// Grows the lease of an answer that is being received.
    func grow(
        _ lease: inout MemoryLease,
        to total: ByteCount,
        step: ByteCount = .zero
    ) throws(ProviderError) {
        do { try lease.grow(to: total, step: step) } catch { throw .memoryMidway(error) }
    }

    private func translated(_ error: HTTPClientError) -> ProviderError {
        ProviderError(error, provider: name)
    }
}

extension ProviderError {
    /// Makes the error of a call whose HTTP exchange failed.
    init(_ error: HTTPClientError, provider: String) {
        switch error {
        case .cancelled: self = .cancelled
        case .firstByteTimeout, .stalled:
            self = .timedOut(provider: provider, reason: error.description)
        case .busy: self = .busy(reason: error.description)
        case .cut: self = .cut(provider: provider)
        case .tooLarge, .badAnswer, .other:
            self = .unreadable(provider: provider, reason: error.description)
        case .badRequest, .unknownHost, .forbiddenAddress, .unreachable, .connectTimeout, .tls:
            self = .unreachable(provider: provider, reason: error.description)
        }
    }
}
