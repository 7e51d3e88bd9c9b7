import BerthCache
import BerthLoop
import BerthMemory
import BerthTelemetry

extension Metrics {
    /// Adds the counts of the response cache, and those of Redis if one is configured.
    @Loop func add(_ cache: ResponseCache) {
        counter(
            "berth_cache_lookups_total",
            help: "Lookups in the response cache by result.",
            label: "result",
            values: ["memory", "redis", "miss"]
        ) { result in
            let counts = cache.statistics
            return switch result {
            case "memory": counts.memory.hits
            case "redis": counts.redisHits
            default: counts.misses
            }
        }
        counter("berth_cache_evictions_total", help: "Entries dropped to make room.") { _ in
            cache.statistics.memory.evictions
        }
        gauge("berth_cache_bytes", help: "Memory of the values cached in this process.") {
            Double(cache.statistics.memory.bytes.bytes)
        }
        gauge("berth_cache_entries", help: "Values cached in this process.") {
            Double(cache.statistics.memory.entries)
        }
        if cache.statistics.hasRedis { addRedis(of: cache) }
    }

    @Loop private func addRedis(of cache: ResponseCache) {
        gauge("berth_redis_up", help: "Whether Redis answers: 1 or 0.") {
            cache.statistics.redisFault == nil ? 1 : 0
        }
        counter(
            "berth_redis_failures_total",
            help: "Lookups and stores that failed, also because Redis was not connected."
        ) { _ in cache.statistics.redisFailures }
        counter(
            "berth_redis_bad_values_total",
            help: "Unusable values from Redis by fault.",
            label: "fault",
            values: ValueFault.allCases.map(\.word)
        ) { word in
            let found = cache.statistics.badValues
            return found.first { $0.key.word == word }?.value ?? 0
        }
    }
}
