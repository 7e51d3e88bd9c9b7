package import BerthLoop
package import BerthStore
import BerthText

extension KeptOutcome {
    /// The content type under which pictures are kept for repeated requests.
    ///
    /// The body names the files, because links expire and the pictures themselves are large.
    package static let pictures = "application/x-berth-pictures"

    /// Makes the outcome of an order that has made `files`.
    package init(pictures files: [StoredFile], at created: Timestamp) {
        let ids = files.map { String(decoding: JSON.quote($0.id), as: UTF8.self) }
        let json = #"{"created":\#(created.milliseconds),"files":[\#(ids.joined(separator: ","))]}"#
        self.init(status: 200, type: KeptOutcome.pictures, body: Array(json.utf8))
    }
}
