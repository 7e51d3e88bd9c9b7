package import BerthCache
package import BerthHTTP
package import BerthMemory
package import BerthStore

/// The resources that a bot works with, made before it and closed after it.
package struct BotResources: Sendable {
    /// The database.
    package let store: any Store
    /// The memory for the tenants' work.
    package let budget: MemoryBudget
    /// The client for requests to the providers.
    package let client: any HTTPSending
    /// The cache's second level, if the configuration names one.
    package let redis: RedisClient?
    /// The replies that channels deliver from the outbox.
    package let replies: Replies
    /// Looks up a name that a tenant has chosen within the given time, and returns its IP addresses
    /// or none.
    package let resolve: RedisClient.Resolve

    /// Names the resources.
    package init(
        store: any Store,
        budget: MemoryBudget,
        client: any HTTPSending,
        redis: RedisClient? = nil,
        replies: Replies = Replies(),
        resolve: @escaping RedisClient.Resolve = { _, _ in [] }
    ) {
        self.store = store
        self.budget = budget
        self.client = client
        self.redis = redis
        self.replies = replies
        self.resolve = resolve
    }
}
