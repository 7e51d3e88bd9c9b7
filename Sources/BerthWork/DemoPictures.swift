package import BerthImage
package import BerthLoop
import BerthMemory
package import BerthProviders

/// The built-in provider of pictures, offline and deterministic.
///
/// It is used if no provider is configured. Its pictures say that they come from a demo.
@Loop package final class DemoPictures: PictureProvider {
    package nonisolated let name = "demo"
    private let pictures: Pictures

    /// The size of a picture whose order names none.
    private static let side = 1024
    /// The most bytes of a picture.
    static nonisolated let most = ByteCount.mebibytes(4)
    /// The bytes that are handed over at once.
    private static let piece = 64 << 10

    /// Makes the provider.
    package init(_ pictures: Pictures) { self.pictures = pictures }

    package func order(
        _ call: PictureCall,
        into receiver: any PictureReceiver
    ) async throws(ProviderError) -> PictureOrder {
        let request = call.request
        for number in 0..<request.count {
            let picture = DemoPicture(
                prompt: DemoPictures.prompt(request, number),
                width: request.size?.width ?? DemoPictures.side,
                height: request.size?.height ?? DemoPictures.side
            )
            try await deliver(try await draw(picture, call), into: receiver)
        }
        return .made(PictureBill(pictures: request.count))
    }

    /// The prompt of a picture, which differs among those of one order.
    private static func prompt(_ request: PictureRequest, _ number: Int) -> String {
        let seed = request.seed.map { " (\($0))" } ?? ""
        return request.prompt + seed + (number > 0 ? " #\(number + 1)" : "")
    }

    private func draw(
        _ picture: DemoPicture,
        _ call: PictureCall
    ) async throws(ProviderError) -> DrawnPicture {
        let lease: MemoryLease
        do {
            lease = try call.memory.take(DemoPictures.most, for: .upstreamTransfer)
        } catch { throw .memory(error) }
        let sink = PictureBytes(atMost: DemoPictures.most)
        do throws(PictureError) {
            try await pictures.draw(picture, into: sink, for: call.memory.account.tenant)
        } catch {
            switch error {
            case .cancelled: throw .cancelled
            case .memory(let error): throw .memory(error)
            case .busy: throw .busy(reason: error.forOperator)
            default: throw .undelivered(provider: name, reason: error.description)
            }
        }
        return DrawnPicture(sink.all, lease)
    }

    private func deliver(
        _ drawn: DrawnPicture,
        into receiver: any PictureReceiver
    ) async throws(ProviderError) {
        let bytes = drawn.bytes
        try await receiver.begin(kind: "image/png", length: ByteCount(bytes.count))
        for start in stride(from: 0, to: bytes.count, by: DemoPictures.piece) {
            let end = min(start + DemoPictures.piece, bytes.count)
            try await receiver.write(Array(bytes[start..<end]))
        }
        try await receiver.finish()
    }
}

/// A drawn picture with the memory of its bytes.
private final class DrawnPicture: Sendable {
    let bytes: [UInt8]
    private let lease: LeaseHolder

    @Loop init(_ bytes: [UInt8], _ lease: consuming MemoryLease) {
        self.bytes = bytes
        self.lease = LeaseHolder(lease)
    }
}
