import BerthLoop
import BerthStore

/// Contents that no row names, with the time since which that is known.
///
/// A content may be there without its row because an older copy of the database was restored. The
/// grace gives the operator time to notice.
@Loop final class OrphanList {
    private var since: [FileName: Instant] = [:]

    /// The most names that are remembered.
    ///
    /// Further ones are found when these are deleted.
    static nonisolated let most = 4096
    /// The time for which a content without a row stays.
    static nonisolated let grace = Duration.seconds(3600)

    nonisolated init() {}

    /// Remembers names that were found at `now`, which does not change the time of known ones.
    func add(_ names: [FileName], at now: Instant) {
        for name in names where since[name] == nil && since.count < OrphanList.most {
            since[name] = now
        }
    }

    func remove(_ name: FileName) { since[name] = nil }

    /// The names of a tenant's folder, or of all, in their order.
    func names(of tenant: Tenant.ID? = nil) -> [FileName] {
        since.keys.filter { tenant == nil || $0.tenant == tenant }.sorted()
    }

    /// The names whose grace is over at `now`, in their order.
    func due(at now: Instant) -> [FileName] {
        since.filter { now - $0.value >= OrphanList.grace }.keys.sorted()
    }
}
