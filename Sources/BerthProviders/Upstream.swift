import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText

/// The HTTP side of a provider, independent of its API: leases, deadlines, bounded answers and
/// error statuses.
@Loop struct Upstream {
    /// The provider's name in the configuration.
    nonisolated let name: String
    /// The API key, which is removed from all of the provider's error texts; nil if there is none.
    nonisolated let key: Secret?
    /// The proxy and the authorities of the provider's connections.
    let route: HTTPClientRoute
    /// The times that an answer may take.
    let timeout: Configuration.Provider.Timeout
    let client: any HTTPSending
    let surroundings: Surroundings
    private let notes = FormNotes()

    init(
        _ settings: Configuration.Provider,
        _ client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        (name, key) = (settings.name, settings.apiKey)
        (route, timeout) = (HTTPClientRoute(settings), settings.timeout)
        self.client = client
        self.surroundings = surroundings
    }

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
        request.decodesBody = true
        let response: HTTPClientResponse
        do { response = try await client.send(request) } catch { throw translated(error) }
        guard response.status == 200 else { throw await refusal(response, memory) }
        return response
    }

    /// Returns the events of the answer to a request that was sent at `asked` for a stream.
    ///
    /// If its header does not say that it is, this waits for the first bytes, so that an error with
    /// status 200 is thrown here. `lease` includes ``UpstreamEvents/bufferSize``.
    ///
    /// - Parameters:
    ///   - response: the answer.
    ///   - lease: the memory of its reader.
    ///   - asked: the time of the request.
    ///   - limit: the time that its first event may take, see ``limit(streaming:)``.
    ///   - call: the call that it answers.
    /// - Returns: the events.
    /// - Throws: ``ProviderError``.
    func events(
        of response: HTTPClientResponse,
        _ lease: consuming MemoryLease,
        since asked: Instant,
        _ limit: Duration,
        for call: ChatCall
    ) async throws(ProviderError) -> UpstreamEvents {
        let label = label(call.account)
        let events = UpstreamEvents(
            response,
            of: self,
            lease: lease,
            since: asked,
            limit: limit,
            label
        )
        let type = response.headers["content-type"]?.cut(toBytes: 64).lowercased()
        if type?.hasPrefix("text/event-stream") == true { return events }
        try await events.begin()
        if events.form == .events { noteType(type) }
        return events
    }

    /// The time until the first event of a stream, or until the end of a whole answer.
    func limit(streaming: Bool) -> Duration { streaming ? timeout.first : timeout.whole }

    /// The name of the work on an answer.
    private func label(_ account: MemoryAccount) -> WorkLabel {
        WorkLabel("an answer of \(name)", tenant: account.tenant)
    }

    // MARK: Errors

    /// The error of an answer with an error status.
    func refusal(
        _ response: HTTPClientResponse,
        _ memory: PrepaidMemory
    ) async -> ProviderError {
        let bytes = await errorBody(of: response, memory)
        let (status, key) = (response.status, key)
        let fault = await LargeWork.run(on: bytes.count) {
            UpstreamFault(bytes, status: status, hiding: key)
        }
        Loop.works(on: label(memory.account))
        return error(of: fault, status: response.status, retryAfter: wait(of: response, fault))
    }

    // MARK: Bodies

    /// The body of an error, or nothing if it cannot be read.
    func errorBody(
        of response: HTTPClientResponse,
        _ memory: PrepaidMemory
    ) async -> [UInt8] {
        guard var lease = try? memory.take(Upstream.errorLimit, for: .upstreamTransfer) else {
            return []
        }
        let body = try? await collect(
            response,
            &lease,
            limit: Upstream.errorLimit,
            within: timeout.next
        )
        return body?.joined ?? []
    }

    /// Reads the whole answer to a request that was sent at `asked`, as the chunks that it consists
    /// of.
    ///
    /// `lease` grows with it. An answer that was not streamed is one chunk.
    func chunks(
        of response: HTTPClientResponse,
        _ lease: inout MemoryLease,
        since asked: Instant
    ) async throws(ProviderError) -> [JSONObject] {
        let left = timeout.whole - (surroundings.clock.now - asked)
        let parts = try await collect(response, &lease, limit: Upstream.answerLimit, within: left)
        let (chunks, form) = try await LargeWork.run(on: parts.count) { () throws(ProviderError) in
            let body = parts.joined
            let text = BodyForm.withoutBlankLines(body[...])
            guard !text.isEmpty else { throw .malformed(provider: name, reason: "it is empty") }
            let form = BodyForm.of(text) ?? .text
            return (try objects(in: text.count == body.count ? body : Array(text), form), form)
        }
        if form != .json { noteForm(form, insteadOf: .json) }
        return chunks
    }

    /// Reads a whole body of at most `limit` bytes, whose lease grows with it.
    func collect(
        _ response: HTTPClientResponse,
        _ lease: inout MemoryLease,
        limit: ByteCount,
        within left: Duration
    ) async throws(ProviderError) -> BodyParts {
        let named = limit == Upstream.answerLimit ? timeout.whole : timeout.next
        let timer = surroundings.clock.schedule(after: max(.zero, left)) {
            response.giveUp(after: named)
        }
        defer { timer.cancel() }
        var body = BodyParts()
        while let piece = try await next(response) {
            let total = ByteCount(body.count + piece.count)
            guard total <= limit else {
                response.cancel()
                throw .malformed(provider: name, reason: "it is larger than \(limit)")
            }
            try grow(&lease, to: total, step: .kibibytes(64))
            body.add(piece)
        }
        return body
    }

    private func next(_ response: HTTPClientResponse) async throws(ProviderError) -> [UInt8]? {
        do { return try await response.next() } catch { throw translated(error) }
    }

    // MARK: Mismatches

    /// Logs once that the provider's answers have another form than asked for.
    func noteForm(_ form: BodyForm, insteadOf asked: BodyForm) {
        guard notes.isNew(form.rawValue) else { return }
        surroundings.log.warning(
            "a provider's answers have another form than asked for",
            [
                "provider": .text(name), "asked": .text(asked.rawValue),
                "form": .text(form.rawValue),
            ]
        )
    }

    private func noteType(_ type: String?) {
        guard notes.isNew("type") else { return }
        surroundings.log.warning(
            "a provider does not name the type of its streams",
            ["provider": .text(name), "type": .text((type ?? "none").cut(toBytes: 100))]
        )
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
        case .unknownHost:
            self = .unreachable(provider: provider, reason: error.description, cause: .name)
        case .tls(_, let fault, _):
            let cause = Obstacle.security(fault)
            self = .unreachable(provider: provider, reason: error.description, cause: cause)
        case .badRequest, .forbiddenAddress, .unreachable, .connectTimeout:
            self = .unreachable(provider: provider, reason: error.description)
        }
    }
}

/// The mismatches of a provider's answers that were logged.
@Loop private final class FormNotes {
    private var known: Set<String> = []

    /// Whether a mismatch was not logged before.
    func isNew(_ what: String) -> Bool { known.insert(what).inserted }
}
