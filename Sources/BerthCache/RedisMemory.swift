package import BerthMemory

/// The server's figures about its memory.
package struct RedisMemory: Equatable, Sendable {
    /// The bytes in use now.
    package var used = ByteCount.zero
    /// The limit `maxmemory`, or 0 if there is none.
    package var most = ByteCount.zero
    /// The `maxmemory-policy`, such as `allkeys-lfu`.
    package var policy = ""

    /// Reads the section `memory` of INFO.
    ///
    /// Unknown lines are ignored.
    init(info: [UInt8]) {
        for line in String(decoding: info, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "used_memory": used = ByteCount(Int(parts[1]) ?? 0)
            case "maxmemory": most = ByteCount(Int(parts[1]) ?? 0)
            case "maxmemory_policy": policy = String(parts[1])
            default: break
            }
        }
    }
}
