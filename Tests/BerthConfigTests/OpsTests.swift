import BerthConfig
import BerthMemory
import Testing

/// The limits of the shipped systemd unit and container, which must agree.
@Suite(.timeLimit(.minutes(20))) struct OpsTests {
    private func text(_ path: String) throws -> String {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try #require(TextFile.small("/\(folder)/ops/\(path)"), "no file ops/\(path)")
    }

    /// The value of the only line `key` + `separator` + value, comments aside.
    private func value(_ key: String, _ separator: String, in path: String) throws -> String {
        let found = try text(path).split(separator: "\n").compactMap { line -> String? in
            let line = line.drop { $0 == " " }
            guard line.hasPrefix(key + separator) else { return nil }
            return String(line.dropFirst(key.count + separator.count).drop { $0 == " " })
        }
        #expect(found.count == 1, "\(key) in ops/\(path) \(found.count) times")
        return try #require(found.first)
    }

    /// `160M` of systemd and `160m` of Docker are both × 1,024 × 1,024 bytes.
    private func size(_ key: String, _ separator: String, in path: String) throws -> ByteCount {
        let value = try value(key, separator, in: path)
        #expect(value.last == "M" || value.last == "m", "\(key) is not in MiB")
        return .mebibytes(try #require(Int(value.dropLast())))
    }

    private func limit(cgroup: [String: String], read path: String = "berth.yaml") throws
        -> MemoryCeiling
    {
        let bytes = path.isEmpty ? [] : Array(try text(path).utf8)
        return try ConfigurationFile.parse(
            bytes,
            file: path,
            environment: { _ in nil },
            memory: .detect { cgroup[$0] }
        ).configuration.memory
    }

    private func check(high: ByteCount, max: ByteCount) throws {
        let configured = try limit(cgroup: [:])
        #expect(configured.source == "memory.limit")
        #expect(configured.limit.bytes * 5 == max.bytes * 4)
        #expect(configured.limit < high)
        #expect(high < max)
        // Without memory.limit in the file, the kernel's number leads to the same.
        let cgroup = [
            "/proc/self/cgroup": "0::/berth\n", "/sys/fs/cgroup/berth/memory.max": "\(max.bytes)\n",
            "/sys/fs/cgroup/berth/memory.high": "\(high.bytes)\n",
        ]
        #expect(try limit(cgroup: cgroup, read: "").limit == configured.limit)
    }

    @Test func `systemd slows down before it kills, and Berth yields before both`() throws {
        let path = "systemd/berth.service.d/memory.conf"
        try check(high: size("MemoryHigh", "=", in: path), max: size("MemoryMax", "=", in: path))
        #expect(try value("MemorySwapMax", "=", in: path) == "0")
    }

    @Test func `the container's limit and its slice's agree with the same configuration`() throws {
        let path = "compose/compose.yaml"
        let max = try size("mem_limit", ":", in: path)
        try check(high: size("MemoryHigh", "=", in: "compose/berth.slice"), max: max)
        #expect(try size("memswap_limit", ":", in: path) == max)
        #expect(try value("cgroup_parent", ":", in: path) == "berth.slice")
    }

    @Test func `the unit waits longer than open answers may take`() throws {
        #expect(try value("TimeoutStopSec", "=", in: "systemd/berth.service") == "30")
        #expect(try value("stop_grace_period", ":", in: "compose/compose.yaml") == "30s")
    }

    @Test(arguments: [[:], ["BERTH_LISTEN": "0.0.0.0:8080", "BERTH_DATA": "/srv/berth"]])
    func `the shipped configuration is right as it is`(_ variables: [String: String]) throws {
        let file = try ConfigurationFile.parse(
            Array(text("berth.yaml").utf8),
            file: "ops/berth.yaml",
            environment: { variables[$0] },
            memory: testMemory
        )
        #expect(file.configuration.data == variables["BERTH_DATA"] ?? "/var/lib/berth")
        #expect(file.configuration.listen.isLoopback == variables.isEmpty)
        #expect(file.unused.isEmpty)
    }
}
