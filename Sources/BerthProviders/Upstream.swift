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
    let client: any HTTPSending
    let surroundings: Surroundings
    private let notes = FormNotes()

    init(name: String, key: Secret?, client: any HTTPSending, surroundings: Surroundings) {
        self.name = name
        self.key = key
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

    /// The deadlines of an unstreamed answer, which arrives all at once.
    ///
    /// A reasoning model may take 600 s, and the vendors' own clients wait that long.
    private static let wholeDeadlines = HTTPClientDeadlines(firstByte: .seconds(600))

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
            deadlines: streaming ? HTTPClientDeadlines() : Upstream.wholeDeadlines
        )
        request.decodesBody = true
        let response: HTTPClientResponse
        do { response = try await client.send(request) } catch { throw translated(error) }
        guard response.status == 200 else { throw await refusal(response, memory) }
        return response
    }

    /// Returns the events of an answer that is to be streamed.
    ///
    /// If its header does not say that it is, this waits for the first bytes, so that an error with
    /// status 200 is thrown here. `lease` includes ``UpstreamEvents/bufferSize``.
    ///
    /// - Throws: ``ProviderError``.
    func events(
        of response: HTTPClientResponse,
        _ lease: consuming MemoryLease
    ) async throws(ProviderError) -> UpstreamEvents {
        let events = UpstreamEvents(response, of: self, lease: lease)
        let type = response.headers["content-type"]?.lowercased()
        if type?.hasPrefix("text/event-stream") == true { return events }
        try await events.begin()
        if events.form == .events { noteType(type) }
        return events
    }

    // MARK: Errors

    private func refusal(
        _ response: HTTPClientResponse,
        _ memory: PrepaidMemory
    ) async -> ProviderError {
        let bytes = await errorBody(of: response, memory)
        let fault = UpstreamFault(bytes, status: response.status, hiding: key)
        let wait = RetryAfter.read(response.headers, now: surroundings.clock.timestamp)
        return error(of: fault, status: response.status, retryAfter: wait ?? fault.wait)
    }

    /// The error of a fault in an answer with status 200.
    ///
    /// Before the first piece of an answer, a fault of a known class is what it would be with a
    /// status of its own.
    func failure(_ fault: UpstreamFault, isFirst: Bool) -> ProviderError {
        guard isFirst, let kind = fault.kind else {
            let reason = fault.reason ?? "an error without a message"
            return .failedMidway(provider: name, message: reason)
        }
        let status =
            switch kind {
            case .contextTooLong, .contentPolicy: 400
            case .modelUnknown: 404
            case .keyRefused: 401
            case .noCredit: 402
            case .rateLimited: 429
            case .overloaded: 503
            }
        return error(of: fault, status: status, retryAfter: fault.wait)
    }

    private func error(
        of fault: UpstreamFault,
        status: Int,
        retryAfter: Duration?
    ) -> ProviderError {
        switch fault.kind {
        // The text of these errors is dropped, because a provider may repeat the key in it.
        case .keyRefused: return .keyRefused(provider: name, status: status)
        case .noCredit: return .accountEmpty(provider: name)
        case .rateLimited:
            return .rateLimited(provider: name, retryAfter: retryAfter, reason: fault.reason)
        case .overloaded: return unavailable(fault, status: status, retryAfter)
        case .contextTooLong, .contentPolicy, .modelUnknown:
            let isOfRequest = [403, 404, 413, 422].contains(status)
            return refused(fault, status: isOfRequest ? status : 400)
        case nil: break
        }
        switch status {
        case 403 where Upstream.isAboutKey(fault.reason):
            return .keyRefused(provider: name, status: status)
        case 408, 500...: return unavailable(fault, status: status, retryAfter)
        default: return refused(fault, status: status)
        }
    }

    private func unavailable(
        _ fault: UpstreamFault,
        status: Int,
        _ retryAfter: Duration?
    ) -> ProviderError {
        .unavailable(
            provider: name,
            status: status,
            retryAfter: retryAfter,
            reason: fault.isPage ? fault.reason.map { "a web page: \($0)" } : fault.reason
        )
    }

    private func refused(_ fault: UpstreamFault, status: Int) -> ProviderError {
        let words = fault.reason ?? "status \(status)"
        return .refused(
            provider: name,
            status: status,
            message: fault.isPage ? Upstream.page(words) : words,
            code: fault.kind?.code ?? fault.code
        )
    }

    /// Whether status 403 is about the key, as it is if the provider says nothing else.
    private static func isAboutKey(_ reason: String?) -> Bool {
        guard let reason = reason?.lowercased() else { return true }
        return ["key", "auth", "token", "permission", "credential", "forbidden"]
            .contains { reason.contains($0) }
    }

    /// The words about a web page in place of an answer.
    private static func page(_ title: String) -> String {
        "it is a web page ('\(title)'); the operator must check base_url"
    }

    // MARK: Bodies

    private func errorBody(
        of response: HTTPClientResponse,
        _ memory: PrepaidMemory
    ) async -> [UInt8] {
        guard var lease = try? memory.take(Upstream.errorLimit, for: .upstreamTransfer) else {
            return []
        }
        return (try? await collect(response, &lease, limit: Upstream.errorLimit)) ?? []
    }

    /// Reads a whole answer, as the chunks that it consists of.
    ///
    /// `lease` grows with it. An answer that was not streamed is one chunk.
    func chunks(
        of response: HTTPClientResponse,
        _ lease: inout MemoryLease
    ) async throws(ProviderError) -> [JSONObject] {
        let bytes = Array(BodyForm.trimmed(try await collect(response, &lease)[...]))
        guard !bytes.isEmpty else { throw .malformed(provider: name, reason: "it is empty") }
        let form = BodyForm.of(bytes[...]) ?? .text
        if form != .json { noteForm(form, insteadOf: .json) }
        return try objects(in: bytes, form)
    }

    private func collect(
        _ response: HTTPClientResponse,
        _ lease: inout MemoryLease,
        limit: ByteCount = Upstream.answerLimit
    ) async throws(ProviderError) -> [UInt8] {
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
        return bytes
    }

    private func next(_ response: HTTPClientResponse) async throws(ProviderError) -> [UInt8]? {
        do { return try await response.next() } catch { throw translated(error) }
    }

    /// Reads the objects of a body of any form.
    ///
    /// - Throws: ``ProviderError`` if one of them is an error, or the body has no object.
    func objects(in bytes: [UInt8], _ form: BodyForm) throws(ProviderError) -> [JSONObject] {
        switch form {
        case .json: return try checked(jsonObjects(in: bytes))
        case .events: return try checked(eventObjects(in: bytes))
        case .page, .text:
            let fault = UpstreamFault(text: bytes, hiding: key)
            if fault.kind != nil { throw failure(fault, isFirst: true) }
            let words = fault.reason ?? "it has no text"
            throw .malformed(
                provider: name,
                reason: form == .page ? Upstream.page(words) : "it is no JSON: '\(words)'"
            )
        }
    }

    private func checked(_ objects: [JSONObject]) throws(ProviderError) -> [JSONObject] {
        for (index, object) in objects.enumerated() {
            guard let fault = UpstreamFault.find(in: object, hiding: key) else { continue }
            throw failure(fault, isFirst: index == 0)
        }
        return objects
    }

    /// Reads one object with anything after it, several objects, or a list of objects.
    private func jsonObjects(in bytes: [UInt8]) throws(ProviderError) -> [JSONObject] {
        do {
            guard bytes.first == UInt8(ascii: "[") else {
                var objects = [try JSONObject(answer: bytes)]
                while let rest = objects.last.map({ BodyForm.trimmed($0.rest) }),
                    rest.first == UInt8(ascii: "{"), objects.count < JSONObject.mostMembers,
                    let next = try? JSONObject(answer: Array(rest))
                {
                    objects.append(next)
                }
                return objects
            }
            let list = try JSONObject(
                answer: Array(#"{"list":"#.utf8) + bytes + [UInt8(ascii: "}")]
            )
            let objects = (list.elements("list") ?? []).compactMap { list.object(at: $0) }
            if !objects.isEmpty {
                return objects.compactMap { try? JSONObject(answer: Array($0.text)) }
            }
        } catch {
            throw .malformed(provider: name, reason: error.description)
        }
        throw .malformed(provider: name, reason: "it is a list without an object")
    }

    private func eventObjects(in bytes: [UInt8]) throws(ProviderError) -> [JSONObject] {
        var parser = SSEParser()
        do {
            var events = try parser.feed(bytes)
            if let last = parser.finish() { events.append(last) }
            var objects: [JSONObject] = []
            for event in events where !event.data.isEmpty {
                if event.data.starts(with: "[DONE]".utf8) { break }
                if event.event == "error" {
                    let fault = UpstreamFault(text: event.data, hiding: key)
                    throw failure(fault, isFirst: objects.isEmpty)
                }
                objects.append(try JSONObject(answer: event.data))
            }
            return objects
        } catch let error as ProviderError {
            throw error
        } catch {
            throw .malformed(provider: name, reason: "\(error)")
        }
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
            ["provider": .text(name), "type": .text(String((type ?? "none").prefix(100)))]
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
        case .connectTimeout, .firstByteTimeout, .stalled:
            self = .timedOut(provider: provider, reason: error.description)
        case .busy: self = .busy(reason: error.description)
        case .cut: self = .cut(provider: provider)
        default: self = .unreachable(provider: provider, reason: error.description)
        }
    }
}

/// The mismatches of a provider's answers that were logged.
@Loop private final class FormNotes {
    private var known: Set<String> = []

    /// Whether a mismatch was not logged before.
    func isNew(_ what: String) -> Bool { known.insert(what).inserted }
}
