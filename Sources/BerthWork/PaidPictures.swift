import BerthConfig
package import BerthFiles
package import BerthImage
package import BerthLoop
package import BerthMemory
package import BerthProviders
package import BerthStore
package import BerthTelemetry

/// Makes pictures on a tenant's account, and stores them.
///
/// A provider that keeps jobs is asked for a result by the job's id, which is on the disk before
/// anybody is told that the provider works. A later start asks for it again
/// (``resume(_:_:)``), so no order is given twice.
@Loop package final class PaidPictures {
    private let calls: PaidCalls
    private let meter: Meter
    private let store: any Store
    private let files: TenantFiles
    private let pictures: Pictures
    private let catalog: PictureCatalog
    private let metrics: WorkMetrics
    private let surroundings: Surroundings
    /// Orders and cancellations at providers, which a caller's end does not end.
    private let orders = TaskPool()

    /// The room for each picture that a tenant must have before it is bought.
    package static nonisolated let room = ByteCount.mebibytes(2)
    /// The pauses between two questions for the result of a job whose provider cannot be reached.
    private static nonisolated let pauses = (
        first: Duration.seconds(2), longest: Duration.seconds(30)
    )
    /// The time after the first failure in which a job's result is asked for again.
    package static nonisolated let patience = Duration.seconds(600)

    /// The parts that pictures are made with.
    package struct Parts {
        let store: any Store
        let files: TenantFiles
        let pictures: Pictures
        let catalog: PictureCatalog

        /// Names the parts.
        package init(
            _ store: any Store,
            _ files: TenantFiles,
            _ pictures: Pictures,
            _ catalog: PictureCatalog
        ) {
            self.store = store
            self.files = files
            self.pictures = pictures
            self.catalog = catalog
        }
    }

    /// Makes it over the calls, which hold and queue, and the meter, which settles.
    package init(
        _ calls: PaidCalls,
        _ meter: Meter,
        _ parts: Parts,
        _ metrics: WorkMetrics,
        in surroundings: Surroundings
    ) {
        self.calls = calls
        self.meter = meter
        self.metrics = metrics
        self.surroundings = surroundings
        (store, files, pictures, catalog) = (
            parts.store, parts.files, parts.pictures, parts.catalog
        )
    }

    private var clock: any Clock { surroundings.clock }

    /// Checks that a tenant has room for the pictures of an order.
    ///
    /// - Throws: ``BotError/files(_:)``, and ``BotError/picture(_:)`` while pictures are refused.
    package func admit(_ request: PictureRequest, for payer: LiveTenant) throws(BotError) {
        do throws(PictureError) { try pictures.admit() } catch { throw .picture(error) }
        let bytes = ByteCount(request.count * PaidPictures.room.bytes)
        // Each picture has a thumbnail.
        do throws(FilesError) {
            try files.check(2 * request.count, of: bytes, for: payer.fileOwner)
        } catch { throw BotError(error) }
    }

    /// Makes pictures.
    ///
    /// - Parameters:
    ///   - ask: the order.
    ///   - held: the reservation at its first model, if it is taken already.
    /// - Returns: the pictures, and the settlement of their call.
    /// - Throws: ``BotError``. A call that may have been bought is charged all the same. After
    ///   ``BotError/provider(_:)`` with `ProviderError.uncertain` nobody knows whether it was.
    package func make(
        _ ask: PictureAsk,
        _ held: consuming Held? = nil
    ) async throws(BotError) -> MadePictures {
        let report = CallReport(ask, metrics, in: surroundings)
        let open = OpenCall(ask)
        defer { open?.close() }
        do throws(BotError) {
            let made = try await order(ask, held, open)
            report?.close(nil)
            return made
        } catch {
            report?.close(error)
            throw open?.reason ?? error
        }
    }

    private func order(
        _ ask: PictureAsk,
        _ held: consuming Held?,
        _ open: OpenCall?
    ) async throws(BotError) -> MadePictures {
        let ask = try ask.entered(listening: open != nil).opened(as: open)
        let english = try await english(ask)
        return try await calls.firstOf(ask, held, nil) {
            (model, running, _) throws(BotError) -> MadePictures in
            do throws(BotError) { try admit(ask.request, for: ask.payer) } catch {
                running.release()
                throw error
            }
            let request = model.promptLanguage == .english ? english : ask.request
            let intake = intake(ask, model.provider.name)
            let order: PictureOrder
            do throws(ProviderError) {
                let call = running.order(ask, request, at: model)
                order = try await self.order(call, at: model.provider, into: intake)
            } catch {
                return try end(running, ask, intake, error)
            }
            switch order {
            case .made(let bill): return try settle(running, bill, intake)
            case .job(let job):
                do throws(StoreError) { try await store.keepJob(job.text, of: running.row) } catch {
                    surroundings.log.error(
                        "a provider's job could not be written down",
                        ["provider": .text(model.provider.name), "why": .describing(error)]
                    )
                }
                return try await follow(job, at: model.provider, running, ask, intake)
            }
        }
    }

    /// The request with its prompt in English, if any of the models wants that.
    private func english(_ ask: PictureAsk) async throws(BotError) -> PictureRequest {
        guard let translator = ask.translator,
            ask.models.contains(where: { $0.promptLanguage == .english })
        else { return ask.request }
        return ask.request.with(prompt: try await translator(ask.request.prompt))
    }

    private func intake(_ ask: PictureAsk, _ provider: String) -> PictureIntake {
        PictureIntake(files, pictures, for: ask.payer, from: provider)
    }

    /// Gives an order.
    ///
    /// The order of a job is not cancelled with its caller, because the job would be lost.
    private func order(
        _ call: PictureCall,
        at provider: any PictureProvider,
        into intake: PictureIntake
    ) async throws(ProviderError) -> PictureOrder {
        guard provider.keepsJobs else { return try await provider.order(call, into: intake) }
        let result = Box<Result<PictureOrder, ProviderError>>()
        let task = orders.spawn {
            do throws(ProviderError) {
                result.value = .success(try await provider.order(call, into: intake))
            } catch { result.value = .failure(error) }
        }
        await task.value
        guard let order = result.value else { throw .cancelled }  // the task has set it
        return try order.get()
    }

    // MARK: A job

    /// Takes up the job of a step that an earlier run has left open.
    ///
    /// - Parameters:
    ///   - kept: the step's job and its open call.
    ///   - ask: the order that it belongs to.
    /// - Returns: the pictures, and the settlement of their call.
    /// - Throws: ``BotError`` as ``make(_:_:)`` does.
    package func resume(
        _ kept: KeptJob,
        _ ask: PictureAsk
    ) async throws(BotError) -> MadePictures {
        let call = kept.call
        let known = catalog.choices.first {
            $0.provider.name == call.provider && $0.model == call.model
        }
        let model = known.map { PaidModel($0) } ?? PaidModel(of: call)
        let running = meter.resume(call, model, of: ask.payer)
        let intake = intake(ask, call.provider)
        guard let provider = catalog.provider(named: call.provider) else {
            let error = ProviderError.uncertain(
                provider: call.provider,
                reason: "it is no longer configured"
            )
            return try end(running, ask, intake, error)
        }
        let job = PictureJob(model: call.model, text: kept.job)
        do throws(BotError) { try ask.payer.mayAsk() } catch {
            cancel(job, at: provider)
            _ = running.failOrder(.cancelled, isBought: true, sharedWith: nil)
            throw error
        }
        return try await follow(job, at: provider, running, ask, intake)
    }

    /// Waits for the end of a job, and tells its progress.
    private func follow(
        _ job: PictureJob,
        at provider: any PictureProvider,
        _ running: consuming Running,
        _ ask: PictureAsk,
        _ intake: PictureIntake
    ) async throws(BotError) -> MadePictures {
        running.hasAnswered()
        let hasBegun = Box<Bool>()
        ask.progress?(.queued(position: nil))
        var pause = PaidPictures.pauses.first
        var failed: Instant?
        while true {
            let result = await result(of: job, at: provider, ask, intake, hasBegun)
            let error: ProviderError
            switch result {
            case .success(let bill): return try settle(running, bill, intake)
            case .failure(let failure): error = failure
            }
            if case .cancelled = error, intake.failure == nil {
                return try left(job, at: provider, running, ask, mayBeMade: hasBegun.value == true)
            }
            guard error.mayBeAskedAgain, intake.made.isEmpty else {
                return try end(running, ask, intake, error.ofJob)
            }
            let now = clock.now
            if now - (failed ?? now) >= PaidPictures.patience {
                let reason = "the result of its job cannot be fetched"
                let lost = ProviderError.uncertain(provider: provider.name, reason: reason)
                return try end(running, ask, intake, lost)
            }
            failed = failed ?? now
            // A cancelled sleep is seen at the top.
            try? await clock.sleep(for: pause)
            pause = min(pause * 2, PaidPictures.pauses.longest)
        }
    }

    /// Waits for the result of a job once, and notes whether the provider has begun to work.
    private func result(
        of job: PictureJob,
        at provider: any PictureProvider,
        _ ask: PictureAsk,
        _ intake: PictureIntake,
        _ hasBegun: Box<Bool>
    ) async -> Result<PictureBill, ProviderError> {
        if Task.isCancelled { return .failure(.cancelled) }
        do throws(ProviderError) {
            return .success(
                try await provider.result(of: job, memory: ask.memory, into: intake) { progress in
                    if case .queued = progress {} else { hasBegun.value = true }
                    ask.progress?(progress)
                }
            )
        } catch { return .failure(error) }
    }

    /// Ends the wait for a job whose caller wants no more of it.
    private func left(
        _ job: PictureJob,
        at provider: any PictureProvider,
        _ running: consuming Running,
        _ ask: PictureAsk,
        mayBeMade: Bool
    ) throws(BotError) -> MadePictures {
        if ask.leavesJobs() {
            running.leave()
        } else {
            cancel(job, at: provider)
            // A job that waits in the provider's queue costs nothing when it is cancelled.
            _ = running.failOrder(.cancelled, isBought: mayBeMade, sharedWith: nil)
        }
        throw .provider(.cancelled)
    }

    private func cancel(_ job: PictureJob, at provider: any PictureProvider) {
        orders.spawn { await provider.cancel(job) }
    }

    // MARK: The end

    private func settle(
        _ running: consuming Running,
        _ bill: PictureBill,
        _ intake: PictureIntake
    ) throws(BotError) -> MadePictures {
        let model = running.call.model
        let settled = running.settle(bill, sharedWith: nil)
        guard !intake.made.isEmpty else {
            throw intake.failure
                ?? .provider(
                    .undelivered(provider: model.provider, reason: "it has made no picture")
                )
        }
        return MadePictures(intake.made, by: model.id, settled)
    }

    /// Ends an order that failed.
    ///
    /// - Returns: the pictures that came before the failure.
    /// - Throws: ``BotError`` if none came.
    private func end(
        _ running: consuming Running,
        _ ask: PictureAsk,
        _ intake: PictureIntake,
        _ error: ProviderError
    ) throws(BotError) -> MadePictures {
        let model = running.call.model
        var error = running.blamed(error)
        if case .cancelled = error, intake.failure == nil, ask.leavesJobs() {
            // The next start must not buy it again.
            let reason = "the service was restarted meanwhile"
            error = .uncertain(provider: model.provider, reason: reason)
        }
        let isBought = !error.meansNothingBought || !intake.made.isEmpty
        let settled = running.failOrder(error, isBought: isBought, sharedWith: nil)
        let failure = intake.failure ?? .provider(error)
        if !intake.made.isEmpty, failure.disposition.status != Disposition.cancelled {
            surroundings.log.warning(
                "an order has made fewer pictures than were asked for",
                ["model": .text(model.id), "why": .text(failure.logged)]
            )
            return MadePictures(intake.made, by: model.id, settled)
        }
        throw failure
    }

    /// Returns when no order and no cancellation is under way, at the service's end.
    package func close() async { await orders.drain() }
}

/// A job that an earlier run has left open.
package struct KeptJob: Sendable {
    /// The job in its provider's encoding.
    package let job: String
    /// The open call that has ordered it.
    package let call: Call

    /// Names a step's job and its call.
    package init(_ job: String, _ call: Call) {
        self.job = job
        self.call = call
    }
}

/// A value that a task sets for another one.
@Loop private final class Box<Value: Sendable> {
    var value: Value?
}

extension ProviderError {
    /// Whether a job may still go on after this error of ``PictureProvider/result``.
    fileprivate var mayBeAskedAgain: Bool {
        switch self {
        case .unreachable, .unreadable, .timedOut, .rateLimited, .keyRefused, .accountEmpty, .busy,
            .memory:
            true
        default: false
        }
    }

    /// This error where a job was ordered: a provider that does not know it may have made it.
    fileprivate var ofJob: ProviderError {
        guard case .refused(let provider, let status, _, _) = self, [404, 410].contains(status)
        else { return self }
        return .uncertain(provider: provider, reason: "it does not know its job any more")
    }
}
