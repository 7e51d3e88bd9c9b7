import BerthAdmin
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthText

/// Runs `berth cache …`.
///
/// The exit status is 1 if Redis failed.
@Loop struct CacheVerb {
    let admin: AdminClient
    let json: Bool

    func run(_ action: CacheAction) async throws -> Int32 {
        switch action {
        case .stats: try await stats()
        case .flush: try await flush()
        case .warm: try await warm()
        }
    }

    private func stats() async throws -> Int32 {
        let bytes = try await admin.ask("GET", "/admin/cache")
        guard !json else { return show(bytes) }
        Output.text(CacheText.stats(try JSON.decode(CacheReport.self, from: bytes)))
        return 0
    }

    private func flush() async throws -> Int32 {
        let bytes = try await admin.ask("POST", "/admin/cache/flush")
        let report = try JSON.decode(CacheFlushReport.self, from: bytes)
        if json { _ = show(bytes) } else { Output.text(CacheText.flush(report)) }
        guard let failure = report.failure else { return 0 }
        Output.error("berth: Redis could not be emptied: \(failure)")
        return 1
    }

    private func warm() async throws -> Int32 {
        let bytes = try await admin.ask("POST", "/admin/cache/warm")
        let report = try JSON.decode(CacheWarmReport.self, from: bytes)
        if json { _ = show(bytes) } else { Output.text(CacheText.warm(report)) }
        guard let fault = report.redis.fault else { return 0 }
        Output.error("berth: Redis is unreachable: \(fault)")
        return 1
    }

    private func show(_ bytes: [UInt8]) -> Int32 {
        Output.json(bytes)
        return 0
    }
}
