package import BerthMemory

/// How patient and how large the dealings with Redis are.
package struct RedisLimits: Equatable, Sendable {
    /// For a connection to stand and the server to have taken login and database.
    package var connect = Duration.seconds(1)
    /// For one answer; one that takes longer counts as an absent server.
    ///
    /// A healthy local one needs well under a millisecond.
    package var command = Duration.milliseconds(50)
    /// The first pause before connecting again; it doubles with each failure.
    package var firstPause = Duration.milliseconds(100)
    /// The longest pause before connecting again, and how long a connection must have held for the
    /// pauses to begin anew.
    package var longestPause = Duration.seconds(5)
    /// How long no write is tried after the server has refused one.
    package var writePause = Duration.seconds(1)
    /// Commands that may wait for their answers; the next fails at once.
    package var waiting = 1_024
    /// Bytes of those commands; the next fails at once.
    package var waitingBytes = ByteCount.mebibytes(4)
    /// The most of one value that is read or written.
    package var value = ByteCount.mebibytes(1)
    /// Bytes of an answer that is not whole; a server that sends more is left.
    package var reply: ByteCount { value + .kibibytes(64) }

    /// The defaults.
    package init() {}

    /// How long to wait after the `failures`th failure in a row (1 or more): doubling, at most
    /// ``longestPause``, of which chance (`random`, 0..<1) takes off up to a half.
    package func pause(after failures: Int, random: Double) -> Duration {
        let doubled = firstPause * (1 << min(max(failures - 1, 0), 16))
        return min(doubled, longestPause) * (0.5 + min(max(random, 0), 1) / 2)
    }
}

/// Where a connection goes, names resolved.
enum RedisPlace: Equatable, Sendable {
    /// An IP address.
    case tcp(host: String, port: Int)
    case unix(path: String)
}

/// What the server says of its memory.
package struct RedisMemory: Equatable, Sendable {
    /// In use now.
    package var used = ByteCount.zero
    /// `maxmemory`; 0: without limit.
    package var most = ByteCount.zero
    /// `maxmemory-policy`, as `allkeys-lfu`.
    package var policy = ""

    /// Reads the section `memory` of INFO; lines it does not know are left out.
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
