package import BerthLoop
package import BerthMemory
package import BerthTelemetry

/// The conversion of pictures: checked, leased, on few threads, and stopped in time.
///
/// A picture's header is read and checked by Berth itself. Only then is memory leased, by an
/// estimate from the header, and the picture decoded by libvips.
@Loop package final class Pictures {
    private let limits: PictureLimits
    private let surroundings: Surroundings
    private let library: MemoryAccount
    private let places = PicturePlaces()
    private let metrics: PictureMetrics
    /// The formats for which libvips is open.
    private var opened: Set<PictureFormat> = []

    /// The resident size of libvips with all that it needs, most of it pages of files.
    package static nonisolated let librarySize = ByteCount.mebibytes(32)
    /// The time after which the budget has measured the opened library as a part of its base.
    private static nonisolated let measured = Duration.seconds(3)

    /// Makes a converter, without a thread and without libvips.
    ///
    /// - Parameters:
    ///   - limits: the limits of all pictures.
    ///   - library: the account that pays for libvips until the budget measures it.
    ///   - surroundings: time, log and metrics.
    package init(
        limits: PictureLimits = PictureLimits(),
        library: MemoryAccount,
        in surroundings: Surroundings
    ) {
        self.limits = limits
        self.library = library
        self.surroundings = surroundings
        metrics = PictureMetrics(surroundings.metrics, places)
    }

    /// The most conversions at once, 1 or 2.
    ///
    /// It is 1 under memory pressure.
    package var most: Int {
        get { places.most }
        set { places.most = max(1, newValue) }
    }

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
    /// the first frame. An error may leave a part of the result in `sink`.
    ///
    /// - Parameters:
    ///   - source: the picture, which is read to its end.
    ///   - target: the form of the result.
    ///   - sink: the place of the result.
    ///   - original: the place of the original, whose bytes are not changed; nil if it is not kept.
    ///   - account: the account that pays for the memory. A conversion waits for memory.
    /// - Returns: the size of the result.
    /// - Throws: ``PictureError``.
    package func convert(
        _ source: any PictureSource,
        to target: PictureTarget,
        into sink: any PictureSink,
        keeping original: (any PictureSink)? = nil,
        on account: MemoryAccount
    ) async throws(PictureError) -> ConvertedPicture {
        let input = PictureInput(source, keeping: original, limits)
        do throws(PictureError) {
            let made = try await work(input, for: account.tenant) { worker in
                await self.convert(input, source.size, to: target, into: sink, account, on: worker)
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
    ///   - account: the account that pays for the memory.
    /// - Throws: ``PictureError``.
    package func draw(
        _ picture: DemoPicture,
        into sink: any PictureSink,
        on account: MemoryAccount
    ) async throws(PictureError) {
        var lease = try await leased(DemoPicture.memory, account)
        let worker = try await places.enter(for: account.tenant)
        defer { places.leave(worker) }
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
        defer { places.leave(worker) }
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
        _ account: MemoryAccount,
        on worker: Worker
    ) async -> Result<ConvertedPicture, PictureError> {
        do throws(PictureError) {
            let header = try await worker.run { () -> Result<PictureHeader, PictureError> in
                result { () throws(PictureError) in try input.readHeader() }
            }.get()
            try await open(for: header.format, on: worker)
            try await open(for: target.format, on: worker)
            let estimate = PictureEstimate(header, encoded: size ?? limits.encoded, into: target)
            var lease = try await leased(estimate.lease, account)
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

    private func leased(
        _ count: ByteCount,
        _ account: MemoryAccount
    ) async throws(PictureError) -> MemoryLease {
        do throws(BudgetError) {
            return try await account.lease(
                count,
                for: .picture,
                within: limits.patience,
                by: surroundings.clock
            )
        } catch { throw Task.isCancelled ? .cancelled : .memory(error) }
    }

    // MARK: libvips

    private func open(for format: PictureFormat, on worker: Worker) async throws(PictureError) {
        guard !opened.contains(format) else { return }
        let isFirst = opened.isEmpty
        let lease = isFirst ? try await leased(Pictures.librarySize, library) : nil
        try await worker.run { () -> Result<Void, PictureError> in
            result { () throws(PictureError) in try PictureLibrary.open(for: format) }
        }.get()
        guard opened.insert(format).inserted, isFirst, let lease else { return }
        surroundings.log.info("libvips was opened for the first picture")
        let held = HeldLease(lease)
        surroundings.clock.schedule(after: Pictures.measured) { held.end() }
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
    private var lease: MemoryLease?

    init(_ lease: consuming MemoryLease) { self.lease = consume lease }

    func end() { lease = nil }
}
