package import BerthLoop
package import BerthStore
import BerthText

/// Links to files that need no login, for messengers and API clients.
///
/// A link names the file and its last moment, and carries a code that only this service can make.
package struct FileLinks: Sendable {
    /// The service's public URL without a slash at its end.
    private let url: String
    private let key: [UInt8]

    /// The time for which a link is valid unless its maker says otherwise.
    package static let life = Duration.seconds(3600)
    /// The length of the key in bytes.
    static let keySize = 32

    /// Makes links that begin with `url` and are signed with `key`.
    init(url: String, key: [UInt8]) {
        self.url = url
        self.key = key
    }

    /// The path at which a file's owner finds it with its cookie.
    package static func path(of file: String) -> String { "/files/\(file)" }

    /// A link to a file, which is valid from `now` for `life`.
    package func link(
        to file: StoredFile,
        at now: Timestamp,
        for life: Duration = FileLinks.life
    ) -> String {
        let until = "\((now + life).milliseconds)"
        return url + FileLinks.path(of: file.id) + "?until=\(until)&code=\(code(file.id, until))"
    }

    /// Checks the code of a link.
    ///
    /// - Throws: ``FilesError/badLink`` and ``FilesError/linkExpired``.
    package func check(
        _ id: String,
        until: String,
        code: String,
        at now: Timestamp
    ) throws(FilesError) {
        let expected = self.code(id, until)
        guard Secret256.isSame(Array(code.utf8), Array(expected.utf8)) else { throw .badLink }
        guard let end = Int64(until), now < Timestamp(milliseconds: end) else {
            throw .linkExpired
        }
    }

    private func code(_ id: String, _ until: String) -> String {
        MessageCode.of("file\n\(id)\n\(until)", key: key).base64url
    }
}
