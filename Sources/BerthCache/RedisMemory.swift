package import BerthMemory
import BerthText

/// The server's figures about its memory.
package struct RedisMemory: Equatable, Sendable {
    /// The bytes in use now.
    package var used = ByteCount.zero
    /// The limit `maxmemory`, or 0 if there is none.
    package var most = ByteCount.zero
    /// The `maxmemory-policy`, such as `allkeys-lfu`.
    package var policy = ""

    /// The most bytes of a line that are read.
    private static let longestLine = 256

    /// Reads the section `memory` of INFO.
    ///
    /// Unknown lines are ignored.
    init(info: [UInt8]) {
        for line in info.split(whereSeparator: { $0 == 0x0D || $0 == 0x0A }) {
            let start = Substring(decoding: line, as: UTF8.self).cut(
                toBytes: RedisMemory.longestLine
            )
            let parts = start.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "used_memory": used = RedisMemory.bytes(parts[1])
            case "maxmemory": most = RedisMemory.bytes(parts[1])
            case "maxmemory_policy": policy = parts[1].cut(toBytes: 64)
            default: break
            }
        }
    }

    /// A number of bytes from 0 to 2^50.
    private static func bytes(_ text: Substring) -> ByteCount {
        ByteCount(min(max(0, Int(text) ?? 0), 1 << 50))
    }
}
