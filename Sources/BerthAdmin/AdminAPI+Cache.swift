import BerthBot
import BerthCache
import BerthHTTP
import BerthLoop

extension AdminAPI {
    /// The routes of the verb `cache`.
    var cacheRoutes: [Route] {
        [
            route("GET", "/admin/cache") { _, _ in await self.cacheReport() },
            route("POST", "/admin/cache/flush") { _, _ in
                CacheFlushReport(await self.bot.cache.flush())
            },
            route("POST", "/admin/cache/warm") { _, _ in
                let values = await self.bot.cache.warm(CacheKeeper.warmed)
                let report = await self.cacheReport()
                return CacheWarmReport(values: values, memory: report.memory, redis: report.redis)
            },
        ]
    }

    private func cacheReport() async -> CacheReport {
        // Redis is asked first, so the counts already include its failure to answer.
        let memory = await bot.cache.redisMemory()
        return CacheReport(bot.cache.statistics, redis: memory)
    }
}
