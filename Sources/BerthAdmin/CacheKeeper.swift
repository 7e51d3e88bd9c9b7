package import BerthCache
package import BerthLoop
package import BerthStore
package import BerthTelemetry

/// Keeps the cache's hot set over a restart: in the database, written every five minutes in which
/// the cache was asked, and at the stop.
///
/// It holds the 1,024 hottest names, hashes alone, in less than 128 KiB. When Redis answers for the
/// first time, the hottest values come from there into the process.
@Loop package final class CacheKeeper: Service {
    private let cache: ResponseCache
    private let redis: RedisClient?
    private let database: Database
    private let surroundings: Surroundings
    private let bell = Wakeup()
    private var isDue = false
    private var isWarm = false
    /// Lookups until the last writing.
    private var written = 0

    /// What a kill costs at most: a few minutes of counting.
    package static nonisolated let interval = Duration.seconds(300)
    /// The most names that are looked at to warm the cache, one after the other: under a second,
    /// during which others are served.
    package static nonisolated let warmed = 256

    /// Makes it; `redis` is the cache's.
    package init(
        cache: ResponseCache,
        redis: RedisClient?,
        database: Database,
        in surroundings: Surroundings
    ) {
        self.cache = cache
        self.redis = redis
        self.database = database
        self.surroundings = surroundings
    }

    /// Reads what the last run kept, before the cache is asked for anything.
    ///
    /// What cannot be read is a warning, and an empty set.
    package func load() async {
        do {
            let bytes = try await database.read { (connection) throws(StoreError) in
                try connection.kept(.hotSet)
            }
            guard let bytes else { return }
            guard let hot = HotSet(serialized: bytes) else {
                return surroundings.log.warning(
                    "what the cache was asked for most is damaged: it begins anew"
                )
            }
            cache.hot = hot
        } catch {
            surroundings.log.warning(
                "what the cache was asked for most cannot be read: it begins anew",
                ["why": .describing(error)]
            )
        }
    }

    /// Warms the cache once and writes the hot set, the last time after the stop.
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
        // Where Redis has gone away meanwhile, the rest comes when it is back.
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
        let bytes = cache.hot.serialized(at: surroundings.clock.timestamp)
        do {
            try await database.write { (connection) throws(StoreError) in
                try connection.keep(bytes, as: .hotSet)
            }
            written = lookups
        } catch {
            surroundings.log.warning(
                "what the cache is asked for most is not kept",
                ["why": .describing(error)]
            )
        }
    }
}
