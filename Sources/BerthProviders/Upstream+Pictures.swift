import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText

extension Upstream {
    /// The most bytes of an answer about pictures, without the pictures in it.
    static nonisolated let pictureAnswerLimit = ByteCount.kibibytes(256)

    /// Sends an order of pictures once, and returns its answer of status 200, 201 or 202.
    ///
    /// - Throws: ``ProviderError``: `uncertain` if the provider may have taken the order.
    func order(
        _ request: HTTPClientRequest,
        memory: PrepaidMemory
    ) async throws(ProviderError) -> HTTPClientResponse {
        var request = request
        request.isSentOnce = true
        request.route = route
        request.decodesBody = true
        let response: HTTPClientResponse
        do { response = try await client.send(request) } catch { throw unanswered(error) }
        guard [200, 201, 202].contains(response.status) else {
            throw await refusedOrder(response, memory)
        }
        return response
    }

    /// Sends a request with a file once, and returns its answer of status 200.
    ///
    /// - Throws: ``ProviderError`` for any other status.
    func upload(
        _ request: HTTPClientRequest,
        memory: PrepaidMemory
    ) async throws(ProviderError) -> HTTPClientResponse {
        var request = request
        request.isSentOnce = true
        request.route = route
        request.decodesBody = true
        let response: HTTPClientResponse
        do { response = try await client.send(request) } catch {
            throw ProviderError(error, provider: name)
        }
        guard response.status == 200 else { throw await refusal(response, memory) }
        return response
    }

    /// The error of an order that got no answer.
    private func unanswered(_ error: HTTPClientError) -> ProviderError {
        switch error {
        case .firstByteTimeout, .stalled:
            .uncertain(provider: name, reason: "it did not answer in time")
        case .cut: .uncertain(provider: name, reason: "it closed the connection")
        case .tooLarge, .badAnswer, .other:
            .uncertain(provider: name, reason: "its answer cannot be read")
        case .cancelled, .busy, .unknownHost, .tls, .badRequest, .forbiddenAddress, .unreachable,
            .connectTimeout:
            ProviderError(error, provider: name)
        }
    }

    /// The error of an order whose answer has an error status.
    ///
    /// A gateway that gives up waiting answers with a page or a line of its own, while the server
    /// behind it may go on.
    private func refusedOrder(
        _ response: HTTPClientResponse,
        _ memory: PrepaidMemory
    ) async -> ProviderError {
        let bytes = await errorBody(of: response, memory)
        let isOwn = BodyForm.of(bytes[...]) == .json
        guard isOwn || response.status < 500 || response.status == 503 else {
            return .uncertain(provider: name, reason: "status \(response.status)")
        }
        let fault = UpstreamFault(bytes, status: response.status, hiding: key)
        return error(of: fault, status: response.status, retryAfter: wait(of: response, fault))
    }

    /// The wait that an answer asks for.
    func wait(of response: HTTPClientResponse, _ fault: UpstreamFault?) -> Duration? {
        let now = surroundings.clock.timestamp
        return RetryAfter.read(response.headers, now: now)
            ?? fault?.wait(at: RetryAfter.clock(of: response.headers, or: now))
    }

    /// Reads a small answer whole.
    ///
    /// - Throws: ``ProviderError``, `malformed` if it is larger than `limit`.
    func smallBody(
        of response: HTTPClientResponse,
        _ memory: PrepaidMemory,
        limit: ByteCount
    ) async throws(ProviderError) -> [UInt8] {
        var lease: MemoryLease
        do { lease = try memory.take(.kibibytes(16), for: .upstreamTransfer) } catch {
            response.cancel()
            throw .memoryMidway(error)
        }
        let parts = try await collect(response, &lease, limit: limit, within: timeout.next)
        return parts.joined
    }
}
