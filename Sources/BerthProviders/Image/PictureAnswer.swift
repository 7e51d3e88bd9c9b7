import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText

/// The answer of an API of pictures: what is left of it after its pictures were delivered.
struct PictureAnswer: Sendable {
    /// The answer without the base64 of its pictures.
    let object: JSONObject
    /// The URLs of the pictures that are still to be fetched, at most ``PictureRequest/most``.
    let links: [String]

    /// Finds the URLs in OpenAI's `data` or fal's `images` or `image`.
    init(_ object: JSONObject) {
        self.object = object
        var links: [String] = []
        for name in ["data", "images"] {
            for range in object.elements(name) ?? [] where links.count < PictureRequest.most {
                let bytes = object.bytes[range]
                let link =
                    bytes.first == UInt8(ascii: "\"")
                    ? JSONObject.text(bytes) : object.object(at: range)?.string("url")
                if let link, !link.isEmpty { links.append(link) }
            }
        }
        let single = object.object("image")?.string("url") ?? object.string("image")
        if links.isEmpty, let single, !single.isEmpty { links = [single] }
        self.links = links
    }
}

extension Upstream {
    /// Reads an answer, and delivers the pictures in it as they come.
    ///
    /// - Parameters:
    ///   - response: the answer, of status 200.
    ///   - delivery: gets the pictures.
    ///   - kind: the media type of pictures that have none.
    ///   - memory: the account of the rest of the answer.
    ///   - left: the time that it may take.
    /// - Returns: the rest.
    /// - Throws: ``ProviderError``, also the error that the answer consists of.
    func pictures(
        in response: HTTPClientResponse,
        to delivery: PictureDelivery,
        kind: String?,
        _ memory: PrepaidMemory,
        within left: Duration
    ) async throws(ProviderError) -> PictureAnswer {
        var lease: MemoryLease
        do { lease = try memory.take(.kibibytes(64), for: .upstreamTransfer) } catch {
            response.cancel()
            throw .memoryMidway(error)
        }
        let timer = surroundings.clock.schedule(after: max(.zero, left)) {
            response.giveUp(after: left)
        }
        defer { timer.cancel() }
        var scan = PictureScan()
        do throws(ProviderError) {
            while let piece = try await piece(of: response) {
                for event in try scanned(piece, &scan, delivery) {
                    try await deliver(event, to: delivery, kind)
                }
                let size = ByteCount(scan.rest.count)
                guard size <= Upstream.pictureAnswerLimit else {
                    let limit = Upstream.pictureAnswerLimit
                    throw ProviderError.malformed(
                        provider: name,
                        reason: "it is larger than \(limit) without its pictures"
                    )
                }
                try grow(&lease, to: size + .kibibytes(48), step: .kibibytes(16))
            }
        } catch {
            response.cancel()
            throw error
        }
        return try answer(scan.rest)
    }

    private func piece(of response: HTTPClientResponse) async throws(ProviderError) -> [UInt8]? {
        do { return try await response.next() } catch {
            throw ProviderError(error, provider: name)
        }
    }

    private func scanned(
        _ piece: [UInt8],
        _ scan: inout PictureScan,
        _ delivery: PictureDelivery
    ) throws(ProviderError) -> [PictureScan.Event] {
        do { return try scan.feed(piece) } catch {
            throw delivery.failure("its base64 text is not one")
        }
    }

    private func deliver(
        _ event: PictureScan.Event,
        to delivery: PictureDelivery,
        _ kind: String?
    ) async throws(ProviderError) {
        switch event {
        case .begin(let own): try await delivery.begin(kind: own ?? kind, length: nil)
        case .bytes(let bytes): try await delivery.write(bytes)
        case .end: try await delivery.finish()
        }
    }

    private nonisolated func answer(_ rest: [UInt8]) throws(ProviderError) -> PictureAnswer {
        guard let form = BodyForm.of(rest[...]) ?? (rest.isEmpty ? nil : .text) else {
            throw .malformed(provider: name, reason: "it is empty")
        }
        guard let object = try objects(in: rest, form).first else {
            throw .malformed(provider: name, reason: "it is empty")
        }
        return PictureAnswer(object)
    }
}
