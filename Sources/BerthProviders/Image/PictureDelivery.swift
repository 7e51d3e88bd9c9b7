import BerthLoop
import BerthMemory
import BerthText

/// The delivery of one call's pictures to their receiver: bounded in size and number.
@Loop final class PictureDelivery {
    private let provider: String
    private let receiver: any PictureReceiver
    private var bytes = 0
    private let limit: Int
    private var isOpen = false
    /// Whether the picture is one more than was asked for, which is dropped.
    private var isSurplus = false
    /// The number of pictures that were delivered whole.
    private(set) var finished = 0

    /// The most bytes of a picture.
    static nonisolated let most = ByteCount.mebibytes(32)
    /// The most bytes that a receiver is given at once.
    private static nonisolated let mostAtOnce = 64 << 10

    /// Makes a delivery of at most `limit` pictures.
    init(
        of provider: String,
        to receiver: any PictureReceiver,
        limit: Int = PictureRequest.most
    ) {
        self.limit = limit
        self.provider = provider
        self.receiver = receiver
    }

    /// Begins a picture, and gives up one that was not finished.
    func begin(kind: String?, length: Int?) async throws(ProviderError) {
        if let length, length > PictureDelivery.most.bytes { throw tooLarge }
        if let kind, PictureDelivery.isText(kind) {
            let plain = kind.cut(toBytes: 40).prefix { $0 != ";" }
            throw failure("it is no picture but '\(plain)'")
        }
        (bytes, isOpen, isSurplus) = (0, true, finished >= limit)
        guard !isSurplus else { return }
        try await receiver.begin(kind: kind, length: length.map { ByteCount($0) })
    }

    func write(_ piece: [UInt8]) async throws(ProviderError) {
        if bytes == 0, PictureDelivery.isMarkup(piece) { throw failure("it is a web page") }
        bytes += piece.count
        guard bytes <= PictureDelivery.most.bytes else { throw tooLarge }
        guard !isSurplus else { return }
        guard piece.count > PictureDelivery.mostAtOnce else {
            return try await receiver.write(piece)
        }
        var rest = piece[...]
        while !rest.isEmpty {
            try await receiver.write(Array(rest.prefix(PictureDelivery.mostAtOnce)))
            rest = rest.dropFirst(PictureDelivery.mostAtOnce)
        }
    }

    func finish() async throws(ProviderError) {
        guard isOpen else { return }
        guard bytes > 0 else { throw failure("it is empty") }
        isOpen = false
        guard !isSurplus else { return }
        try await receiver.finish()
        finished += 1
    }

    /// The error of a picture that was made and did not arrive.
    func failure(_ reason: String) -> ProviderError {
        .undelivered(provider: provider, reason: reason)
    }

    private var tooLarge: ProviderError { failure("it is larger than \(PictureDelivery.most)") }

    /// Whether a media type is that of a text or of JSON.
    private static func isText(_ kind: String) -> Bool {
        let kind = kind.cut(toBytes: 64).lowercased()
        return ["text/", "application/json", "application/xhtml", "application/problem"]
            .contains { kind.hasPrefix($0) }
    }

    /// Whether bytes begin as a web page does.
    private static func isMarkup(_ bytes: [UInt8]) -> Bool { BodyForm.of(bytes[...]) == .page }
}
