import BerthHTTP
import BerthImage
import BerthLoop
import BerthMemory
import BerthProviders
import BerthText

/// The pictures of the fakes, and the faults of the servers that they are downloaded from.
@Loop final class FakePictures {
    /// A fault of a picture or of its download.
    enum Fault: String, CaseIterable, Sendable {
        /// There is none.
        case plain
        /// The connection ends in the middle.
        case cut
        /// The file ends in the middle.
        case truncated
        /// A web page with its own type.
        case html
        /// A web page with the type of a picture.
        case htmlAsPicture = "html-as-png"
        /// A picture with the type of any bytes.
        case octets
        /// A picture with the type of a text.
        case text
        /// 0 bytes.
        case empty
        /// A redirect to the picture, with a relative address.
        case redirect
        /// A redirect to itself.
        case redirectLoop = "redirect-loop"
        /// A redirect to a private address.
        case redirectPrivate = "redirect-private"
        /// Bytes without end.
        case endless
        /// A length of 1 GiB.
        case huge
        /// Status 404.
        case missing
        /// The first two requests get status 503.
        case flaky
        /// A few bytes at a time.
        case slow
    }

    /// The number of downloads that were begun.
    private(set) var downloads = 0
    private var failures = 0
    private let clock: any Clock

    nonisolated init(clock: any Clock) { self.clock = clock }

    /// The most pixels of a picture's side.
    static nonisolated let mostSide = 1024

    /// A picture of a prompt, as PNG.
    static nonisolated func png(_ prompt: String, _ size: PictureSize?) -> [UInt8] {
        let side = { (length: Int?) in min(length ?? 256, mostSide) }
        let sink = PictureBytes(atMost: .mebibytes(8))
        let (width, height) = (side(size?.width), side(size?.height))
        // It fails only if the sink is full, and the bytes so far are then the picture.
        try? DemoPicture(prompt: prompt, width: width, height: height).write(to: sink)
        return sink.all
    }

    /// The address of a picture at the server that got `request`.
    static func link(
        _ request: HTTPRequest,
        _ fault: Fault,
        _ prompt: String,
        _ size: PictureSize?,
        _ number: Int
    ) -> String {
        let name = Secret256.hash("\(prompt)\(number)").prefix(8).map { $0 }.hex
        let size = size.map { "\($0)" } ?? "auto"
        let host = request.headers["host"] ?? "localhost"
        return "http://\(host)/pictures/\(fault.rawValue)/\(size)/\(name).png"
    }

    /// The route of the pictures.
    nonisolated var route: Route {
        Route("GET", "/pictures/:fault/:size/:name") { _, values in
            await self.answer(Fault(rawValue: values[0]) ?? .missing, values[1], values[2])
        }
    }

    private func answer(_ fault: Fault, _ size: String, _ name: String) async -> HTTPResponse {
        downloads += 1
        let page = Array("<!DOCTYPE html><html><title>No picture</title></html>".utf8)
        switch fault {
        case .missing: return .error(404, "There is no picture")
        case .html: return .bytes(page, type: "text/html; charset=utf-8")
        case .htmlAsPicture: return .bytes(page, type: "image/png")
        case .empty: return .bytes([], type: "image/png")
        case .redirect: return FakePictures.redirect("../../plain/\(size)/\(name)")
        case .redirectLoop: return FakePictures.redirect("/pictures/redirect-loop/\(size)/\(name)")
        case .redirectPrivate: return FakePictures.redirect("http://10.11.12.13/\(name)")
        case .endless: return endless
        case .flaky where failures < 2:
            failures += 1
            return .error(503, "The fake store is busy")
        default: break
        }
        let bytes = await Worker.picture(name, PictureSize(size))
        switch fault {
        case .cut: return FakePictures.cut(bytes)
        case .truncated: return .bytes(Array(bytes.prefix(bytes.count / 2)), type: "image/png")
        case .octets: return .bytes(bytes, type: "application/octet-stream")
        case .text: return .bytes(bytes, type: "text/plain")
        case .huge: return FakePictures.huge
        case .slow: return slow(bytes)
        default: return .bytes(bytes, type: "image/png")
        }
    }

    private enum Worker {
        @Loop static func picture(_ name: String, _ size: PictureSize?) async -> [UInt8] {
            await LargeWork.run(on: 1 << 20) { FakePictures.png(name, size) }
        }
    }

    private static func redirect(_ place: String) -> HTTPResponse {
        HTTPResponse(status: 302, headers: ["location": place])
    }

    private static func cut(_ bytes: [UInt8]) -> HTTPResponse {
        var response = HTTPResponse(
            headers: ["content-type": "image/png"],
            body: .stream { writer in
                try await writer.write(Array(bytes.prefix(bytes.count / 2)))
                throw HTTPServerError.clientGone
            }
        )
        response.length = bytes.count
        return response
    }

    private static var huge: HTTPResponse {
        var response = HTTPResponse(
            headers: ["content-type": "image/png"],
            body: .stream { writer in try await writer.write([0x89, 0x50]) }
        )
        response.length = 1 << 30
        return response
    }

    private var endless: HTTPResponse {
        HTTPResponse(
            headers: ["content-type": "image/png"],
            body: .stream { writer in
                while !Task.isCancelled {
                    try await writer.write([UInt8](repeating: 0x89, count: 8 << 10))
                }
            }
        )
    }

    private func slow(_ bytes: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            headers: ["content-type": "image/png"],
            body: .stream { writer in
                for start in stride(from: 0, to: bytes.count, by: 512) {
                    try await writer.write(Array(bytes[start..<min(start + 512, bytes.count)]))
                    try await self.clock.sleep(for: .milliseconds(20))
                }
            }
        )
    }
}
