import BerthBot
import BerthCache
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import BerthText
import Testing

/// The response cache over the admin socket.
@Suite(.loop, .timeLimit(.minutes(20))) struct CacheAdminTests {
    @Loop @Test func `without Redis the process's level is shown, flushed, not warmed`()
        async throws
    {
        try await withBot { bot in
            await fill(bot.bot.cache, 2)
            _ = await bot.bot.cache.lookup(cacheKey(9, .modelList))
            let stats = try #require(try await bot.admin("GET", "/admin/cache").object)
            let memory = try #require(stats.object("memory"))
            let redis = try #require(stats.object("redis"))
            let kinds = try #require(stats.object("kinds"))
            #expect(stats.integer("hits") == 1 && stats.integer("misses") == 1)
            #expect(stats.integer("stores") == 2 && stats.integer("hot_names") == 2)
            #expect(memory.integer("entries") == 2 && memory.integer("evictions") == 0)
            #expect(memory.integer("limit") == bot.configuration.cache.memory.bytes)
            #expect(kinds.object("answer")?.integer("hits") == 1)
            #expect(kinds.object("model_list")?.integer("misses") == 1)
            #expect(redis.boolean("configured") == false && redis.boolean("up") == false)
            #expect(!redis.has("fault") && !redis.has("used_bytes"))
            let warmed = try await bot.admin("POST", "/admin/cache/warm")
            #expect(warmed.status == 200 && warmed.object?.integer("values") == 0)
            let flushed = try await bot.admin("POST", "/admin/cache/flush")
            #expect(flushed.text == #"{"entries":2,"keys":0}"#)
            let held = bot.bot.cache.statistics.memory.entries
            #expect(held == 0)
            #expect(try await bot.admin("POST", "/admin/cache").status == 405)
        }
    }

    @Loop @Test func `with Redis both levels are shown, warmed and flushed`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let address = RedisAddress.unix(path: server.path)
        try await withBot(Setup { $0.redis = address }) { bot in
            let client = try #require(bot.redis)
            try await client.untilUp()
            await fill(bot.bot.cache, 3)
            _ = try await client.memory()  // answered after what was stored
            bot.bot.cache.keep(part: 0)
            let emptied = bot.bot.cache.statistics.memory.entries
            #expect(emptied == 0)
            bot.bot.cache.keep(part: 1)
            let name = String(decoding: cacheKey(1).redisName, as: UTF8.self)
            #expect(try await server.ask("SET \(name) nonsense") == "+OK")
            let warmed = try #require(try await bot.admin("POST", "/admin/cache/warm").object)
            #expect(warmed.integer("values") == 1)  // of two names that were asked for
            #expect(warmed.object("memory")?.integer("entries") == 1)
            let stats = try #require(try await bot.admin("GET", "/admin/cache").object)
            let redis = try #require(stats.object("redis"))
            #expect(redis.boolean("configured") == true && redis.boolean("up") == true)
            #expect(redis.object("bad_values")?.integer("not_ours") == 1)
            #expect((redis.integer("used_bytes") ?? 0) > 0 && redis.integer("max_bytes") == 0)
            #expect(redis.string("policy") == "noeviction")
            let flushed = try await bot.admin("POST", "/admin/cache/flush")
            #expect(flushed.text == #"{"entries":1,"keys":3}"#)
            #expect(try await server.ask("DBSIZE") == ":0")
        }
    }

    @Loop @Test func `a Redis that is away is told in words, and memory is flushed`()
        async throws
    {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let address = RedisAddress.unix(path: server.path)
        try await withBot(Setup { $0.redis = address }) { bot in
            let redis = try #require(bot.redis)
            try await redis.untilUp()
            await fill(bot.bot.cache, 3)
            try await server.kill()
            try await redis.untilAway()
            let stats = try #require(try await bot.admin("GET", "/admin/cache").object)
            let words = try #require(stats.object("redis")?.string("fault"))
            #expect(!words.isEmpty && stats.object("redis")?.boolean("up") == false)
            let flushed = try await bot.admin("POST", "/admin/cache/flush")
            #expect(flushed.status == 200 && flushed.object?.integer("entries") == 3)
            #expect(flushed.object?.string("failure")?.hasPrefix("redis is away: ") == true)
            let warmed = try await bot.admin("POST", "/admin/cache/warm")
            #expect(warmed.object?.integer("values") == 0)
            #expect(warmed.object?.object("redis")?.string("fault")?.isEmpty == false)
        }
    }

    // MARK: Prometheus

    @Loop @Test func `lookups and bytes are counted for Prometheus; no Redis, no families of it`()
        async throws
    {
        try await withBot { bot in
            await fill(bot.bot.cache, 3)
            _ = await bot.bot.cache.lookup(cacheKey(9))
            let text = try await bot.ask("GET", "/metrics").text
            let samples = try Exposition(text).samples
            #expect(samples[#"berth_cache_lookups_total{result="memory"}"#] == 2)
            #expect(samples[#"berth_cache_lookups_total{result="redis"}"#] == 0)
            #expect(samples[#"berth_cache_lookups_total{result="miss"}"#] == 1)
            #expect(samples["berth_cache_entries"] == 3)
            #expect((samples["berth_cache_bytes"] ?? 0) > 3 * 256)
            #expect(samples["berth_cache_evictions_total"] == 0)
            #expect(!text.contains("berth_redis"))
        }
    }

    @Loop @Test func `whether Redis is up is told to Prometheus`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let address = RedisAddress.unix(path: server.path)
        try await withBot(Setup { $0.redis = address }) { bot in
            let redis = try #require(bot.redis)
            try await redis.untilUp()
            var samples = try Exposition(try await bot.ask("GET", "/metrics").text).samples
            #expect(samples["berth_redis_up"] == 1 && samples["berth_redis_failures_total"] == 0)
            #expect(samples[#"berth_redis_bad_values_total{fault="damaged"}"#] == 0)
            try await server.kill()
            try await redis.untilAway()
            _ = await bot.bot.cache.lookup(cacheKey(1))
            samples = try Exposition(try await bot.ask("GET", "/metrics").text).samples
            #expect(samples["berth_redis_up"] == 0)
            #expect((samples["berth_redis_failures_total"] ?? 0) >= 1)
        }
    }
}
