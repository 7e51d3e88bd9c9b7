/// Work on bytes of a client or a provider, which is done off the loop if it could take too long.
///
/// Reading JSON takes up to 50 ns a byte in the worst cases measured (escapes, lists of numbers), so
/// that a body of 4 MiB would keep all other requests waiting for 200 ms. Work on at most ``limit``
/// bytes is done in place, because another thread would cost more than it saves.
package enum LargeWork {
    /// The most bytes on which work is done on the loop.
    ///
    /// An event of so many bytes takes about 2 ms in the worst case, because it is read in several
    /// passes.
    package static let limit = 8 << 10

    /// Its memory is that of its callers, who wait for it, so their leases bound the queue.
    ///
    /// The thread ends when it has had nothing to do for a while.
    private static let worker = Worker(name: "large", linger: .seconds(2))

    /// Whether work on `size` bytes is done off the loop.
    package static func isLarge(_ size: Int) -> Bool { size > limit }

    /// Does `work` on `size` bytes.
    ///
    /// - Returns: the result of `work`.
    /// - Throws: the error of `work`.
    package static func run<Value: Sendable, Failure: Error>(
        on size: Int,
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard isLarge(size) else { return try work() }
        let result = await worker.run { () -> Result<Value, Failure> in
            do throws(Failure) { return .success(try work()) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
