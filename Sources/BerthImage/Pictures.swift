package import BerthLoop
package import BerthMemory
package import BerthTelemetry

/// The conversion of pictures: checked, leased, on few threads, and stopped in time.
///
/// A picture's header is read and checked by Berth itself. Only then is memory leased, by an
/// estimate from the header, and the picture decoded by libvips.
///
/// The memory is that of a shared account, because one picture may need more than a tenant's quota.
/// Each tenant has one conversion at a time instead, and tenants take turns.
@Loop package final class Pictures {
    private let limits: PictureLimits
    private let surroundings: Surroundings
    private let budget: MemoryBudget
    private let places = PicturePlaces()
    private let metrics: PictureMetrics
    /// The formats for which libvips is open.
    private var opened: Set<PictureFormat> = []
    /// The lease of libvips, until the budget has measured it.
    private var libraryLease: HeldLease?

    /// The resident size of libvips with all that it needs, most of it pages of files.
    package static nonisolated let librarySize = ByteCount.mebibytes(32)
    /// The time after which the budget has measured the opened library as a part of its base.
    private static nonisolated let measured = Duration.seconds(3)
    /// The memory that conversions may hold however low the limit is.
    static nonisolated let leastQuota = ByteCount.mebibytes(16)

    /// Makes a converter, without a thread and without libvips.
    ///
    /// - Parameters:
    ///   - limits: the limits of all pictures.
    ///   - budget: the memory of the process.
    ///   - surroundings: time, log and metrics.
    package init(
        limits: PictureLimits = PictureLimits(),
        budget: MemoryBudget,
        in surroundings: Surroundings
    ) {
        self.limits = limits
        self.budget = budget
        self.surroundings = surroundings
        metrics = PictureMetrics(surroundings.metrics, places)
    }

    /// The account of all conversions.
    ///
    /// It may hold half of the memory limit.
    package var memory: MemoryAccount {
        let half = ByteCount(budget.limit.bytes / 2)
        return budget.sharedAccount("pictures", quota: max(half, Pictures.leastQuota))
    }

    // MARK: Pressure

    /// The restriction in force because memory is short.
    package var pressure = PicturePressure.none {
        didSet { places.most = pressure >= .oneAtATime ? 1 : PicturePlaces.threads }
    }

    /// Checks whether new work with pictures is taken.
    ///
    /// A caller checks it before a picture is uploaded or bought. Conversions of pictures that are
    /// there already go on, because they may have been paid for.
    ///
    /// - Throws: ``PictureError/paused``.
    package func admit() throws(PictureError) {
        guard pressure < .textOnly else { throw .paused }
    }

    // MARK: Work

    /// Reads the header of a picture and checks it against the limits.
    ///
    /// - Parameters:
    ///   - source: the picture, of which at most 1 MiB is read and which begins again afterwards.
    ///   - tenant: the tenant who waits for it.
    /// - Returns: the facts in the header.
    /// - Throws: ``PictureError``.
    package func probe(
        _ source: any PictureSource,
        for tenant: String
    ) async throws(PictureError) -> PictureHeader {
        let input = PictureInput(source, keeping: nil, limits)
        return try await work(input, for: tenant) { worker in
            await worker.run { () -> Result<PictureHeader, PictureError> in
                defer { _ = source.rewind() }
                return result { () throws(PictureError) in try input.readHeader() }
            }
        }
    }

    /// Converts a picture.
    ///
    /// The result is turned upright, has the colours of sRGB and no metadata. Of an animation it is
    /// the first frame. An error may leave a part of the result in `sink`. While memory is short, the
    /// result's sides may be half of the wanted ones.
    ///
    /// - Parameters:
    ///   - source: the picture, which is read to its end.
    ///   - target: the form of the result.
    ///   - sink: the place of the result.
    ///   - original: the place of the original, whose bytes are not changed; nil if it is not kept.
    ///   - tenant: the tenant who waits for it. A conversion waits for its turn and for memory.
    /// - Returns: the size of the result.
    /// - Throws: ``PictureError``.
    package func convert(
        _ source: any PictureSource,
        to target: PictureTarget,
        into sink: any PictureSink,
        keeping original: (any PictureSink)? = nil,
        for tenant: String
    ) async throws(PictureError) -> ConvertedPicture {
        let input = PictureInput(source, keeping: original, limits)
        let target = pressure >= .smaller ? target.halved : target
        do throws(PictureError) {
            let made = try await work(input, for: tenant) { worker in
                await self.convert(input, source.size, to: target, into: sink, on: worker)
            }
            metrics.count(nil)
            return made
        } catch {
            // A writer may wait for room in a source that nobody reads any more.
            input.stop()
            metrics.count(error)
            throw error
        }
    }

    /// Draws the demo picture of a prompt, for which libvips is not needed.
    ///
    /// - Parameters:
    ///   - picture: the picture.
    ///   - sink: the place of its PNG.
    ///   - tenant: the tenant who waits for it.
    /// - Throws: ``PictureError``.
    package func draw(
        _ picture: DemoPicture,
        into sink: any PictureSink,
        for tenant: String
    ) async throws(PictureError) {
        let worker = try await places.enter(for: tenant)
        defer { places.leave(worker, of: tenant) }
        var lease = try await leased(DemoPicture.memory)
        let drawn = await worker.run { () -> Result<Void, PictureError> in
            result { () throws(PictureError) in try picture.write(to: sink) }
        }
        lease.shrink(to: .zero)
        try drawn.get()
    }

    /// Does work on a thread of its own, and stops it when its time is over or its task cancelled.
    private func work<Value: Sendable>(
        _ input: PictureInput,
        for tenant: String,
        _ body: @Loop (Worker) async -> Result<Value, PictureError>
    ) async throws(PictureError) -> Value {
        let worker = try await places.enter(for: tenant)
        defer { places.leave(worker, of: tenant) }
        let clock = surroundings.clock
        let began = clock.now
        var isLate = false
        let timer = clock.schedule(after: limits.time) {
            isLate = true
            input.stop()
        }
        defer { timer.cancel() }
        let ended = await withTaskCancellationHandler {
            await body(worker)
        } onCancel: {
            input.stop()
        }
        metrics.time.observe(clock.now - began)
        if case .failure(.cancelled) = ended, isLate { throw .outOfTime(limits.time) }
        return try ended.get()
    }

    private func convert(
        _ input: PictureInput,
        _ size: ByteCount?,
        to target: PictureTarget,
        into sink: any PictureSink,
        on worker: Worker
    ) async -> Result<ConvertedPicture, PictureError> {
        do throws(PictureError) {
            let header = try await worker.run { () -> Result<PictureHeader, PictureError> in
                result { () throws(PictureError) in try input.readHeader() }
            }.get()
            try await open(for: header.format, on: worker)
            try await open(for: target.format, on: worker)
            let estimate = PictureEstimate(header, encoded: size ?? limits.encoded, into: target)
            var lease = try await leased(estimate.lease)
            let made = await worker.run { () -> Result<Conversion.Made, PictureError> in
                // The freed pages go back to the kernel before the lease does.
                defer { Allocator.trim() }
                return result { () throws(PictureError) in
                    try Conversion.fitting(header, input, into: target, sink)
                }
            }
            lease.shrink(to: .zero)
            let picture = try made.get()
            return .success(
                ConvertedPicture(
                    header: header,
                    original: input.count,
                    width: picture.width,
                    height: picture.height,
                    bytes: picture.bytes,
                    lease: estimate.lease
                )
            )
        } catch { return .failure(error) }
    }

    private func leased(_ count: ByteCount) async throws(PictureError) -> MemoryLease {
        let account = memory
        // A picture that never fits does not wait for other work. While libvips is leased and
        // measured at once, nobody knows what fits.
        guard libraryLease != nil || account.couldHold(count) else { throw .noRoom(needs: count) }
        return try await leased(count, of: account)
    }

    private func leased(
        _ count: ByteCount,
        of account: MemoryAccount
    ) async throws(PictureError) -> MemoryLease {
        do throws(BudgetError) {
            return try await account.lease(
                count,
                for: .picture,
                within: limits.patience,
                by: surroundings.clock
            )
        } catch {
            if Task.isCancelled { throw .cancelled }
            throw error.isPassing ? .memory(error) : .noRoom(needs: count)
        }
    }

    // MARK: libvips

    private func open(for format: PictureFormat, on worker: Worker) async throws(PictureError) {
        guard !opened.contains(format) else { return }
        let isFirst = opened.isEmpty
        let lease = isFirst ? try await leaseOfLibrary() : nil
        try await worker.run { () -> Result<Void, PictureError> in
            result { () throws(PictureError) in try PictureLibrary.open(for: format) }
        }.get()
        guard opened.insert(format).inserted, isFirst, let lease else { return }
        surroundings.log.info("libvips was opened for the first picture")
        libraryLease = HeldLease(lease)
        surroundings.clock.schedule(after: Pictures.measured) { self.libraryLease = nil }
    }

    /// The memory of libvips, of an account that the report names.
    private func leaseOfLibrary() async throws(PictureError) -> MemoryLease {
        let size = Pictures.librarySize
        // Both threads may open it at once.
        let account = budget.sharedAccount("libvips", quota: size + size)
        guard account.couldHold(size) else { throw .noRoom(needs: size) }
        return try await leased(size, of: account)
    }
}

/// The result of work that throws.
private func result<Value>(
    _ work: () throws(PictureError) -> Value
) -> Result<Value, PictureError> {
    do throws(PictureError) { return .success(try work()) } catch { return .failure(error) }
}

/// A lease that a timer ends.
@Loop private final class HeldLease {
    private let lease: MemoryLease

    init(_ lease: consuming MemoryLease) { self.lease = consume lease }
}
