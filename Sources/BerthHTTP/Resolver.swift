package import BerthLoop
package import BerthTelemetry
import CLinux
import Glibc

/// Looks up names on the thread `names`, so the loop does not block and curl starts no thread.
///
/// Addresses are kept for 60 s, for at most 64 names, of which the oldest is replaced. A failed
/// look-up is not kept. Concurrent look-ups of one name are one, and at most 64 names wait at once.
@Loop package final class Resolver {
    /// A blocking look-up, which returns the addresses of a name or the reason why it has none.
    package typealias Lookup = @Sendable (String) -> Result<[IPAddress], LookupFailure>

    /// The system's reason why a name has no address.
    package struct LookupFailure: Error, Equatable, Sendable {
        /// The reason in words for the operator.
        package let reason: String

        /// Makes a failure.
        package init(reason: String) { self.reason = reason }
    }

    private let surroundings: Surroundings
    private let lookup: Lookup
    private let worker = Worker(name: "names")
    private var cache: [String: (addresses: [IPAddress], until: Instant)] = [:]
    private var queries: [String: Query] = [:]

    private static nonisolated let lifetime = Duration.seconds(60)
    private static nonisolated let capacity = 64

    /// A name that the worker looks up, with its waiting callers.
    private final class Query {
        var result: Result<[IPAddress], LookupFailure>?
        var bells: [Wakeup] = []
    }

    /// Makes a resolver that knows no names.
    ///
    /// - Parameters:
    ///   - surroundings: its clock measures the life of a kept address.
    ///   - lookup: a function that is called on the thread `names`, one call at a time. The default
    ///     is the system's getaddrinfo.
    package init(in surroundings: Surroundings, lookup: Lookup? = nil) {
        self.surroundings = surroundings
        self.lookup = lookup ?? systemLookup
    }

    /// Returns the addresses of a name.
    ///
    /// Kept addresses are returned within the same turn of the loop.
    ///
    /// - Parameters:
    ///   - host: the name.
    ///   - deadline: the time to give up. The look-up itself goes on, and its result is kept.
    ///   - limit: the time until the deadline, for the error.
    /// - Returns: at least one address, in the system's order of preference.
    /// - Throws: ``HTTPClientError``, which is unknown host, busy, connect timeout or cancelled.
    func addresses(
        of host: String,
        until deadline: Instant,
        limit: Duration
    ) async throws(HTTPClientError) -> [IPAddress] {
        if let known = cache[host], known.until > surroundings.clock.now { return known.addresses }
        let query = try query(for: host)
        let bell = Wakeup()
        query.bells.append(bell)
        let timer = surroundings.clock.schedule(after: deadline - surroundings.clock.now) {
            bell.signal()
        }
        defer {
            timer.cancel()
            query.bells.removeAll { $0 === bell }
        }
        do { try await bell.wait() } catch { throw .cancelled }
        switch query.result {
        case .success(let addresses): return addresses
        case .failure(let failure): throw .unknownHost(host: host, reason: failure.reason)
        case nil: throw .connectTimeout(host: host, after: limit)
        }
    }

    /// The addresses of a name, or none if it has none or the look-up exceeds `limit`.
    package func addresses(of host: String, within limit: Duration) async -> [IPAddress] {
        let deadline = surroundings.clock.now + limit
        return (try? await addresses(of: host, until: deadline, limit: limit)) ?? []
    }

    private func query(for host: String) throws(HTTPClientError) -> Query {
        if let running = queries[host] { return running }
        guard queries.count < Resolver.capacity else {
            throw .busy(host: host, limit: Resolver.capacity)
        }
        let query = Query()
        queries[host] = query
        let lookup = lookup
        worker.post {
            let result = lookup(host)
            Loop.post { self.finish(host, with: result) }
        }
        return query
    }

    private func finish(_ host: String, with result: Result<[IPAddress], LookupFailure>) {
        guard let query = queries.removeValue(forKey: host) else { return }
        query.result = result
        if case .success(let addresses) = result { keep(addresses, of: host) }
        for bell in query.bells { bell.signal() }
    }

    private func keep(_ addresses: [IPAddress], of host: String) {
        if cache.count >= Resolver.capacity, cache[host] == nil {
            let oldest = cache.min { ($0.value.until, $0.key) < ($1.value.until, $1.key) }
            if let oldest { cache[oldest.key] = nil }
        }
        cache[host] = (addresses, surroundings.clock.now + Resolver.lifetime)
    }
}

/// Calls getaddrinfo, which blocks, for both families, in the system's order of preference.
private nonisolated func systemLookup(
    _ host: String
) -> Result<[IPAddress], Resolver.LookupFailure> {
    var hints = unsafe addrinfo()
    unsafe hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let code = unsafe getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else {
        return .failure(.init(reason: unsafe String(cString: gai_strerror(code))))
    }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [IPAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
        if let address = unsafe numeric(entry.pointee), !addresses.contains(address) {
            addresses.append(address)
        }
        unsafe next = entry.pointee.ai_next
    }
    return addresses.isEmpty ? .failure(.init(reason: "no address")) : .success(addresses)
}

@unsafe private nonisolated func numeric(_ entry: addrinfo) -> IPAddress? {
    var text = [CChar](repeating: 0, count: 64)
    let code = unsafe getnameinfo(
        entry.ai_addr,
        entry.ai_addrlen,
        &text,
        socklen_t(text.count),
        nil,
        0,
        NI_NUMERICHOST
    )
    guard code == 0 else { return nil }
    let end = text.firstIndex { $0 == 0 || $0 == CChar(UInt8(ascii: "%")) } ?? text.endIndex
    return IPAddress(String(decoding: text[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self))
}
