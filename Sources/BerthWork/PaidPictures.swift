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
    private let surroundings: Surroundings
    /// Cancellations at providers, which a caller's end does not end.
    private let cancellations = TaskPool()

    /// The room for each picture that a tenant must have before it is bought.
    package static nonisolated let room = ByteCount.mebibytes(2)
    /// The time for which a terminal's link to a picture is valid.
    private static nonisolated let linkLife = Duration.seconds(86_400)

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
        in surroundings: Surroundings
    ) {
        self.calls = calls
        self.meter = meter
        self.surroundings = surroundings
        (store, files, pictures, catalog) = (
            parts.store, parts.files, parts.pictures, parts.catalog
        )
    }

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

    /// A link to a picture for a reader without a cookie, which is valid for a day.
    package func link(to picture: MadePicture) -> String {
        files.links.link(
            to: picture.original,
            at: surroundings.clock.timestamp,
            for: PaidPictures.linkLife
        )
    }

    /// Makes pictures.
    ///
    /// - Parameters:
    ///   - ask: the order, which has the memory of its queue entry.
    ///   - held: the reservation at its first model, if it is taken already.
    ///   - bill: the others who share the order.
    /// - Returns: the pictures, and the settlement of their call.
    /// - Throws: ``BotError``. A call that may have been bought is charged all the same. After
    ///   ``BotError/provider(_:)`` with `ProviderError.uncertain` nobody knows whether it was.
    func make(
        _ ask: PictureAsk,
        _ held: consuming Held?,
        sharedWith bill: Bill? = nil
    ) async throws(BotError) -> MadePictures {
        let english = try await english(ask)
        return try await calls.firstOf(ask, held, bill) {
            (model, running, _) throws(BotError) -> MadePictures in
            do throws(BotError) { try admit(ask.request, for: ask.owner()) } catch {
                running.release()
                throw error
            }
            let request = model.promptLanguage == .english ? english : ask.request
            let work = Work(ask, bill, intake(ask, model.provider.name))
            if !model.provider.keepsJobs { ask.progress?(.running(percent: nil)) }
            let order: PictureOrder
            do throws(ProviderError) {
                let call = running.order(ask, request, at: model)
                order = try await model.provider.order(call, into: work.intake)
            } catch {
                return try end(running, work, error)
            }
            switch order {
            case .made(let made): return try settle(running, made, work)
            case .job(let job):
                do throws(StoreError) {
                    try await store.keepJob(job.text, of: running.row, as: ask.name)
                } catch {
                    surroundings.log.error(
                        "a provider's job could not be written down",
                        ["provider": .text(model.provider.name), "why": .describing(error)]
                    )
                }
                return try await follow(job, at: model.provider, running, work)
            }
        }
    }

    /// The request with its prompt in English, if any of the models wants that.
    private func english(_ ask: PictureAsk) async throws(BotError) -> PictureRequest {
        guard let translator = ask.translator,
            ask.models.contains(where: { $0.promptLanguage == .english })
        else { return ask.request }
        return ask.request.with(prompt: try await translator(ask))
    }

    private func intake(_ ask: PictureAsk, _ provider: String) -> PictureIntake {
        PictureIntake(files, pictures, of: ask, from: provider)
    }

    /// An order at a provider: the ask, the others who share it, and the pictures that have come.
    private struct Work {
        let ask: PictureAsk
        let bill: Bill?
        let intake: PictureIntake

        init(_ ask: PictureAsk, _ bill: Bill?, _ intake: PictureIntake) {
            (self.ask, self.bill, self.intake) = (ask, bill, intake)
        }
    }

    // MARK: A job

    /// Takes up a job that an earlier run has left open.
    ///
    /// - Parameters:
    ///   - kept: the job and its open call.
    ///   - ask: the order that it belongs to.
    /// - Returns: the pictures, and the settlement of their call.
    /// - Throws: ``BotError`` as ``make(_:_:sharedWith:)`` does.
    func resume(
        _ kept: KeptJob,
        _ ask: PictureAsk
    ) async throws(BotError) -> MadePictures {
        let call = kept.call
        let known = catalog.choices.first {
            $0.provider.name == call.provider && $0.model == call.model
        }
        let model = known.map { PaidModel($0) } ?? PaidModel(of: call)
        let running = meter.resume(call, model, of: ask.payer)
        let work = Work(ask, nil, intake(ask, call.provider))
        guard let provider = catalog.provider(named: call.provider) else {
            let error = ProviderError.uncertain(
                provider: call.provider,
                reason: "it is no longer configured"
            )
            return try end(running, work, error)
        }
        let job = PictureJob(model: call.model, text: kept.job)
        do throws(BotError) { try ask.payer.mayAsk() } catch {
            cancel(job, at: provider)
            _ = running.failOrder(.cancelled, isBought: true, sharedWith: nil)
            throw error
        }
        return try await follow(job, at: provider, running, work)
    }

    /// Waits for the end of a job, and tells its progress.
    private func follow(
        _ job: PictureJob,
        at provider: any PictureProvider,
        _ running: consuming Running,
        _ work: Work
    ) async throws(BotError) -> MadePictures {
        let (ask, intake) = (work.ask, work.intake)
        running.hasAnswered()
        ask.progress?(.queued(position: nil))
        var mayBeMade = false
        let bill: PictureBill
        do throws(ProviderError) {
            bill = try await provider.result(of: job, memory: ask.memory, into: intake) {
                if case .queued = $0 {} else { mayBeMade = true }
                ask.progress?($0)
            }
        } catch {
            guard case .cancelled = error, intake.failure == nil else {
                return try end(running, work, error)
            }
            return try left(job, at: provider, running, work, mayBeMade: mayBeMade)
        }
        return try settle(running, bill, work)
    }

    /// Ends the wait for a job whose caller wants no more of it.
    private func left(
        _ job: PictureJob,
        at provider: any PictureProvider,
        _ running: consuming Running,
        _ work: Work,
        mayBeMade: Bool
    ) throws(BotError) -> MadePictures {
        if work.ask.leavesJobs() {
            running.leave()
        } else {
            cancel(job, at: provider)
            // A job that waits in the provider's queue costs nothing when it is cancelled.
            let bill = mayBeMade ? work.bill : nil
            _ = running.failOrder(.cancelled, isBought: mayBeMade, sharedWith: bill)
        }
        throw .provider(.cancelled)
    }

    private func cancel(_ job: PictureJob, at provider: any PictureProvider) {
        cancellations.spawn { await provider.cancel(job) }
    }

    // MARK: The end

    private func settle(
        _ running: consuming Running,
        _ made: PictureBill,
        _ work: Work
    ) throws(BotError) -> MadePictures {
        let (model, intake) = (running.call.model, work.intake)
        let settled = running.settle(made, sharedWith: work.bill)
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
        _ work: Work,
        _ error: ProviderError
    ) throws(BotError) -> MadePictures {
        let (model, intake) = (running.call.model, work.intake)
        var error = running.blamed(error)
        if case .cancelled = error, intake.failure == nil, work.ask.leavesJobs() {
            // The next start must not buy it again.
            let reason = "the service was restarted meanwhile"
            error = .uncertain(provider: model.provider, reason: reason)
        }
        let isBought = !error.meansNothingBought || !intake.made.isEmpty
        // The others wait for the next model, or order for themselves, if nothing was bought.
        let bill = isBought ? work.bill : nil
        let settled = running.failOrder(error, isBought: isBought, sharedWith: bill)
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

    /// Returns when no cancellation is under way, at the service's end.
    package func close() async { await cancellations.drain() }
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
