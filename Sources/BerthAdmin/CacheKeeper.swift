package import BerthCache
package import BerthLoop
package import BerthStore
package import BerthTelemetry

/// Keeps the cache's hot set and the system texts that are common across restarts.
///
/// The sets are written to the database at the stop, and every five minutes in which the cache was
/// asked. They have the hashes of the 1,024 hottest names, in less than 128 KiB, and of 512 texts, in
/// less than 64 KiB. When Redis answers
/// for the first time, the hottest values are copied from it into the process.
@Loop package final class CacheKeeper: Service {
    private let cache: ResponseCache
    private let redis: RedisClient?
    private let store: any Store
    private let surroundings: Surroundings
    private let bell = Wakeup()
    private var isDue = false
    private var isWarm = false
    /// Lookups counted up to the last write.
    private var written = 0

    /// The hot set is written this often, so a kill loses at most this much counting.
    package static nonisolated let interval = Duration.seconds(300)
    /// The most names that are looked up to warm the cache.
    ///
    /// They are looked up one after the other, which takes under a second. Requests are served
    /// meanwhile.
    package static nonisolated let warmed = 256

    /// Makes the keeper of `cache`, whose second level is `redis`.
    package init(
        cache: ResponseCache,
        redis: RedisClient?,
        store: any Store,
        in surroundings: Surroundings
    ) {
        self.cache = cache
        self.redis = redis
        self.store = store
        self.surroundings = surroundings
    }

    /// Reads the sets of the last run.
    ///
    /// It is called before the cache is asked. A set that cannot be read is logged as a warning and
    /// treated as empty. A tenant that was removed after the last write counts for no text.
    package func load() async {
        if let hot = await read(.hotSet, { HotSet(serialized: $0) }) { cache.hot = hot }
        guard var common = await read(.commonTexts, { CommonTexts(serialized: $0) }) else { return }
        do {
            let tenants = try await store.tenants().filter { $0.state != .removed }
            common.keep(Set(tenants.map(\.id.value)))
        } catch {
            surroundings.log.warning(
                "the tenants cannot be read, so no system text counts as common",
                ["why": .describing(error)]
            )
            return
        }
        cache.common = common
    }

    private func read<Value>(_ kept: Kept, _ decode: ([UInt8]) -> Value?) async -> Value? {
        let bytes: [UInt8]?
        do { bytes = try await store.kept(kept) } catch {
            surroundings.log.warning(
                "a stored set of the cache cannot be read and was dropped",
                ["set": .text(kept.rawValue), "why": .describing(error)]
            )
            return nil
        }
        guard let bytes else { return nil }
        let value = decode(bytes)
        if value == nil {
            surroundings.log.warning(
                "a stored set of the cache is damaged and was dropped",
                ["set": .text(kept.rawValue)]
            )
        }
        return value
    }

    /// Warms the cache once, and writes the sets until the stop and once after it.
    package func run(until stop: Stop) async {
        redis?.onChange = { [bell] _ in bell.signal() }
        while !stop.isRequested, !Task.isCancelled {
            isDue = false
            let timer = surroundings.clock.schedule(after: CacheKeeper.interval) { [weak self] in
                self?.ring()
            }
            while !isDue, !stop.isRequested, !Task.isCancelled {
                await warm()
                await stop.requested(or: bell)
            }
            timer.cancel()
            await write()
        }
        redis?.onChange = nil
    }

    private func ring() {
        isDue = true
        bell.signal()
    }

    private func warm() async {
        guard !isWarm, let redis, redis.fault == nil else { return }
        let names = cache.hot.count
        let count = await cache.warm(CacheKeeper.warmed)
        // If Redis has failed meanwhile, the rest is copied when it is back.
        isWarm = redis.fault == nil
        guard isWarm, names > 0 else { return }
        surroundings.log.info(
            "cache warmed from redis",
            ["values": .int(count), "names": .int(names)]
        )
    }

    private func write() async {
        let lookups = cache.statistics.lookups
        guard lookups > written else { return }
        let sets = [
            (Kept.hotSet, cache.hot.serialized(at: surroundings.clock.timestamp)),
            (Kept.commonTexts, cache.common.serialized),
        ]
        do {
            for (kept, bytes) in sets { try await store.keep(bytes, as: kept) }
            written = lookups
        } catch {
            surroundings.log.warning(
                "the sets of the cache were not stored",
                ["why": .describing(error)]
            )
        }
    }
}
