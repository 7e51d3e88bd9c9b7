import BerthFiles
import BerthLoop
import BerthMemory
import BerthStore
import BerthWork

/// A file as the web page and the terminal see it.
struct FileInfo: Encodable, Sendable {
    let id: String
    /// The path at which its owner finds it.
    let path: String
    let kind: String
    let bytes: Int
    let createdMs: Int64
    let lastUsedMs: Int64

    private enum CodingKeys: String, CodingKey {
        case id
        case path
        case kind
        case bytes
        case createdMs = "created_ms"
        case lastUsedMs = "last_used_ms"
    }

    init(_ file: StoredFile) {
        id = file.id
        path = FileLinks.path(of: file.id)
        kind = file.kind
        bytes = file.bytes
        createdMs = file.created.milliseconds
        lastUsedMs = file.lastUsed.milliseconds
    }
}

/// A tenant's files, the last used first, with their number, size and quotas.
struct FileInfoList: Encodable, Sendable {
    let files: [FileInfo]
    let count: Int
    let bytes: Int
    let countLimit: Int
    let bytesLimit: Int

    private enum CodingKeys: String, CodingKey {
        case files
        case count
        case bytes
        case countLimit = "count_limit"
        case bytesLimit = "bytes_limit"
    }

    init(_ newest: [StoredFile], _ use: FileAccounts.Use, _ owner: FileOwner) {
        files = newest.map(FileInfo.init)
        count = use.files
        bytes = use.bytes.bytes
        countLimit = owner.files
        bytesLimit = owner.disk.bytes
    }
}
