import BerthLoop
import BerthText

/// Decoding of coded bodies, part by part as they are read.
///
/// libcurl would decode all that one read brings at once, which may be megabytes, and hold them while
/// the reader is slow.
extension HTTPTransfer {
    /// The codings that are asked for.
    ///
    /// zstd and br are decoded too, but their windows take more memory than they save.
    nonisolated static let codings = "gzip, deflate"

    /// Prepares to decode the body that the header announces.
    func beginDecoding() {
        let field = headers["content-encoding"]
        do throws(ContentCodingError) {
            decoder = try ContentCoding.of(field).map { ContentDecoder($0) }
        } catch {
            return fail(undecodable("its Content-Encoding is '\(field?.shortened() ?? "")'"))
        }
        guard decoder != nil else { return }
        headers["content-encoding"] = nil
        headers["content-length"] = nil
    }

    /// Returns the next decoded bytes, or nil at the end.
    func decodedBytes() async throws(HTTPClientError) -> [UInt8]? {
        while let decoder {
            if let part = try part(of: decoder) { return part }
            guard let piece = try await unreadBytes() else {
                try end(decoder)
                return nil
            }
            decoder.feed(piece)
        }
        return nil
    }

    private func part(of decoder: ContentDecoder) throws(HTTPClientError) -> [UInt8]? {
        do throws(ContentCodingError) {
            while let part = try decoder.next() { if !part.isEmpty { return part } }
            return nil
        } catch {
            let failure = undecodable(error.description)
            fail(failure)
            throw failure
        }
    }

    private func end(_ decoder: ContentDecoder) throws(HTTPClientError) {
        // An answer without a body may name a coding.
        guard decoder.hasBegun else { return }
        do { try decoder.finish() } catch { throw undecodable(error.description) }
    }

    private func undecodable(_ reason: String) -> HTTPClientError {
        .badAnswer(host: target.name, reason: reason)
    }
}
