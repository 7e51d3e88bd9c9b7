import BerthAdmin
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthText

/// Prints the cache's reports as text.
enum CacheText {
    static func stats(_ report: CacheReport) -> String {
        let (memory, redis) = (report.memory, report.redis)
        let levels = [
            [
                "memory", "\(memory.hits)", "\(memory.misses)", "\(memory.entries)",
                size(memory.bytes), size(memory.limit), "\(memory.evictions)",
            ],
            [
                "redis", "\(redis.hits)", "\(redis.configured ? report.misses : 0)", "",
                redis.usedBytes.map(size) ?? "", redis.maxBytes.map(limit) ?? "", "",
            ],
        ]
        let kinds = report.kinds.sorted { $0.key < $1.key }.map { kind, counts in
            [kind, "\(counts.hits)", "\(counts.misses)"]
        }
        return Output.lines(
            ["level", "hits", "misses", "entries", "bytes", "limit", "evicted"],
            redis.configured ? levels : [levels[0]]
        ) + (kinds.isEmpty ? "" : "\n" + Output.lines(["kind", "hits", "misses"], kinds)) + "\n"
            + self.redis(redis) + "Hot set: \(count(report.hotNames, "name"))\n"
    }

    static func flush(_ report: CacheFlushReport) -> String {
        "Removed \(count(report.entries, "value")) from memory and \(count(report.keys, "key")) "
            + "from Redis.\n"
    }

    static func warm(_ report: CacheWarmReport) -> String {
        guard report.redis.configured else {
            return "No Redis is configured (redis.url), so there is nothing to load.\n"
        }
        let memory = report.memory
        return "Loaded \(count(report.values, "value")) from Redis; memory holds "
            + "\(size(memory.bytes)) of \(size(memory.limit)).\n"
    }

    private static func redis(_ report: RedisReport) -> String {
        guard report.configured else { return "Redis: none is configured (redis.url)\n" }
        let state = report.fault.map { "unreachable: \($0)" } ?? "answers"
        let policy = report.policy.map { $0.isEmpty ? "" : ", \($0)" } ?? ""
        let bad = report.badValues.sorted { $0.key < $1.key }
            .map { "\($0.value) \($0.key.replacing("_", with: " "))" }.joined(separator: ", ")
        return "Redis: \(state)\(policy)\n"
            + (report.failures > 0 ? "Failed or not tried in Redis: \(report.failures)\n" : "")
            + (bad.isEmpty ? "" : "Bad values in Redis: \(bad)\n")
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    private static func size(_ bytes: Int) -> String { "\(ByteCount(bytes))" }

    private static func limit(_ bytes: Int) -> String { bytes == 0 ? "none" : size(bytes) }
}
