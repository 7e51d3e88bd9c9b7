package import BerthConfig
package import BerthFiles
package import BerthLoop
import BerthMemory
import BerthProviders
package import BerthStore
package import BerthTelemetry
import BerthText

/// Answers orders of pictures in the cheapest way: with the pictures of the same order before, with
/// those of the same order under way, or by an order of its own.
///
/// A name in the cache is a hash of everything that makes the pictures. Another tenant may be given
/// a copy only if the order carries nothing except its prompt and settings. With `cache.scope:
/// tenant` no other tenant is given any. The callers of an order under way share its price.
@Loop package final class PictureAnswers {
    let paid: PaidPictures
    let flights = PictureFlights()
    let store: any Store
    let metrics: WorkMetrics
    let surroundings: Surroundings
    /// The orders of an earlier run that are taken up, by the keys of their requests.
    var takenUp: [TakenUp: PictureFlight] = [:]
    private let calls: PaidCalls
    private let meter: Meter
    private let files: TenantFiles
    private let scope: Configuration.Cache.Scope

    /// Makes it over the paid pictures.
    package init(
        _ paid: PaidPictures,
        _ work: (calls: PaidCalls, meter: Meter),
        _ kept: (store: any Store, files: TenantFiles, scope: Configuration.Cache.Scope),
        _ metrics: WorkMetrics,
        in surroundings: Surroundings
    ) {
        self.paid = paid
        (calls, meter) = work
        (store, files, scope) = kept
        self.metrics = metrics
        self.surroundings = surroundings
    }

    /// Makes pictures, or finds them.
    ///
    /// - Parameters:
    ///   - ask: the order.
    ///   - held: the reservation at its first model, if it is taken already.
    /// - Returns: the pictures, and the settlement of their call.
    /// - Throws: ``BotError``. A call that may have been bought is charged all the same.
    package func make(
        _ ask: PictureAsk,
        _ held: consuming Held? = nil
    ) async throws(BotError) -> MadePictures {
        let report = CallReport(ask, metrics, in: surroundings)
        let open = OpenCall(ask)
        defer { open?.close() }
        do throws(BotError) {
            let ask = try ask.entered(listening: open != nil).opened(as: open)
            let made = try await answer(ask, held)
            if !made.isCached { report?.close(nil) }
            return made
        } catch {
            report?.close(error)
            metrics.pictures.add(ask.request.count, error.disposition.outcome)
            throw open?.reason ?? error
        }
    }

    private func answer(
        _ ask: PictureAsk,
        _ held: consuming Held?
    ) async throws(BotError) -> MadePictures {
        guard let name = name(of: ask) else { return try await paid.make(ask, held) }
        var ask = ask
        ask.name = name.bytes
        var held = consume held
        while true {
            try ask.payer.mayAsk()
            if !ask.isFresh, let found = try await find(name, ask) {
                // The hit takes the place of the reservation. Both would count as two requests.
                held = nil
                try meter.countHit(ask.payer)
                metrics.pictures.add(found.pictures.count, "cached")
                return found
            }
            guard let flight = flights.find(name.bytes), mayJoin(flight, ask) else {
                return try await lead(ask, held.take(), name.bytes)
            }
            if let made = try await follow(flight, ask, held.take()) { return made }
        }
    }

    /// Takes up the job of a turn that an earlier run has left open.
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
        guard let name = name(of: ask) else { return try await paid.resume(kept, ask) }
        var ask = ask
        ask.name = name.bytes
        let flight = flights.open(name.bytes, of: ask.payer)
        // The others of that time are unknown, so those who join now pay nothing.
        flight.bill.release()
        return try await lead(ask, flight) { [paid] ask throws(BotError) in
            try await paid.resume(kept, ask)
        }
    }

    // MARK: The same order under way

    /// Whether an order may wait for another one.
    ///
    /// A person who repeats a prompt wants another picture.
    private func mayJoin(_ flight: PictureFlight, _ ask: PictureAsk) -> Bool {
        !ask.isFresh && ask.key == nil && (flight.payer !== ask.payer || !wantsNew(ask))
    }

    /// Gives an order, for which others may wait.
    private func lead(
        _ ask: PictureAsk,
        _ held: consuming Held?,
        _ name: [UInt8]
    ) async throws(BotError) -> MadePictures {
        let own = if let held { held } else { try calls.hold(ask) }
        let flight = flights.open(name, of: ask.payer)
        let leading = HeldBox(own)
        return try await lead(ask, flight) { [paid] ask throws(BotError) in
            try await paid.make(ask, leading.take(), sharedWith: flight.bill)
        }
    }

    private func lead(
        _ ask: PictureAsk,
        _ flight: PictureFlight,
        _ order: @escaping @Loop @Sendable (PictureAsk) async throws(BotError) -> MadePictures
    ) async throws(BotError) -> MadePictures {
        let reader = flight.enter(ask, isLeader: true)
        ask.open?.shares(flight.bill)
        let common = ask.flying(in: flight)
        flights.begin(flight) { [self] () throws(BotError) in
            let made = try await order(common)
            if made.pictures.count >= common.request.count { await keep(made, common.name) }
            return made
        }
        guard let made = try await reader.pictures() else { throw .sharedCallEnded }
        return made
    }

    /// Waits for an order of another caller, and pays a part of it.
    ///
    /// - Returns: nil if nothing was bought for a reason of the other caller's own.
    private func follow(
        _ flight: PictureFlight,
        _ ask: PictureAsk,
        _ held: consuming Held?
    ) async throws(BotError) -> MadePictures? {
        try paid.admit(ask.request, for: ask.payer)
        let own = if let held { held } else { try calls.hold(ask, needsRoom: false) }
        let reader = flight.enter(ask)
        ask.open?.shares(flight.bill)
        // An order that is settled already costs nothing but a request.
        if let late = flight.bill.add(own, for: reader) { _ = meter.settleNothing(late) }
        guard let made = try await reader.pictures() else { return nil }
        let pictures = try await owned(made.pictures, by: ask.payer)
        metrics.pictures.add(pictures.count, "shared")
        return MadePictures(pictures, by: made.model, isCached: false)
    }

    // MARK: The cache

    /// The name of an order's pictures.
    private struct Name {
        /// SHA-256 of everything that makes them.
        let bytes: [UInt8]
        /// Whether another tenant may be given them.
        let isShared: Bool
    }

    /// The name of an order's pictures, or nil if they are not cached.
    ///
    /// Pictures of the demo are not, because they are free.
    private func name(of ask: PictureAsk) -> Name? {
        guard scope != .off, !ask.models.allSatisfy({ $0.provider is DemoPictures }) else {
            return nil
        }
        let request = ask.request
        let sources = request.inputs + (request.mask.map { [$0] } ?? [])
        let stored = sources.compactMap { ($0 as? StoredPicture)?.file.hash }
        guard stored.count == sources.count else { return nil }
        let isShared = scope == .shared || (scope == .safe && sources.isEmpty)
        let hash = RunningHash()
        func add(_ part: some Collection<UInt8>) {
            hash.update(Array("\(part.count):".utf8)[...])
            hash.update(Array(part)[...])
        }
        add(isShared ? "".utf8 : "\(ask.payer.row.id.value)".utf8)
        for model in ask.models { add(model.id.utf8) }
        add(request.prompt.utf8)
        add("\(request.count) \(request.size?.description ?? "-")".utf8)
        add("\(request.seed.map { "\($0)" } ?? "-") \(request.mask == nil ? 0 : 1)".utf8)
        for member in request.options?.sorted(without: []) ?? [] {
            add(member.name)
            add(member.value)
        }
        add([])
        for picture in stored { add(picture) }
        return Name(bytes: hash.finish(), isShared: isShared)
    }

    /// Whether an order of a chat user wants another picture than the one that the tenant has.
    ///
    /// An API client without a seed may be given the same one, as without a temperature.
    private func wantsNew(_ ask: PictureAsk) -> Bool {
        ask.turn != nil && ask.request.seed == nil
    }

    /// The pictures that are kept under a name, as files of the payer.
    private func find(_ name: Name, _ ask: PictureAsk) async throws(BotError) -> MadePictures? {
        let payer = ask.payer
        let found: CachedPictures?
        do throws(StoreError) {
            found = try await store.cachedPictures(
                name.bytes,
                for: payer.row.id,
                orOthers: name.isShared
            )
        } catch { throw BotError(error) }
        guard let found else { return nil }
        let isOwn = found.tenant == payer.row.id
        if isOwn, wantsNew(ask) { return nil }
        let made = found.pictures.map {
            MadePicture(
                original: $0.file,
                thumbnail: $0.thumbnail,
                width: $0.width,
                height: $0.height
            )
        }
        let pictures: [MadePicture]
        do throws(BotError) { pictures = try await owned(made, by: payer) } catch {
            if case .files(.gone) = error { return nil }
            throw error
        }
        let own = MadePictures(pictures, by: found.model, isCached: true)
        if !isOwn { await keep(own, name.bytes) }
        return own
    }

    /// The payer's files with the contents of `pictures`, which may be another tenant's.
    ///
    /// - Throws: ``BotError/files(_:)`` and ``BotError/memory(_:)``.
    private func owned(
        _ pictures: [MadePicture],
        by payer: LiveTenant
    ) async throws(BotError) -> [MadePicture] {
        let lease: LeaseHolder
        do throws(BudgetError) {
            let size = ByteCount(TenantFiles.copyMemory)
            lease = LeaseHolder(try payer.account.lease(size, for: .replyBuffer))
        } catch { throw .memory(error) }
        defer { withExtendedLifetime(lease) {} }
        var owned: [MadePicture] = []
        do throws(FilesError) {
            for one in pictures {
                let picture = MadePicture(
                    original: try await own(one.original, payer),
                    thumbnail: try await ownOrNil(one.thumbnail, payer),
                    width: one.width,
                    height: one.height
                )
                owned.append(picture)
            }
        } catch { throw BotError(error) }
        return owned
    }

    /// The payer's file with the content of `file`.
    private func own(
        _ file: StoredFile,
        _ payer: LiveTenant
    ) async throws(FilesError) -> StoredFile {
        guard file.tenant == payer.row.id else {
            return try await files.copy(file, to: payer.fileOwner)
        }
        // Notes the use, and finds a content that has disappeared.
        _ = try await files.open(file)
        return file
    }

    private func ownOrNil(
        _ file: StoredFile?,
        _ payer: LiveTenant
    ) async throws(FilesError) -> StoredFile? {
        guard let file else { return nil }
        return try await own(file, payer)
    }

    /// Keeps pictures under a name, if there is one.
    func keep(_ made: MadePictures, _ name: [UInt8]?) async {
        guard let name, let owner = made.pictures.first?.original.tenant else { return }
        do throws(StoreError) {
            let pictures = made.pictures.map(\.ofTurn)
            try await store.keepPictures(name, of: owner, by: made.model, pictures)
        } catch {
            surroundings.log.warning(
                "pictures are not cached",
                ["tenant_key": .int(owner.value), "why": .describing(error)]
            )
        }
    }
}
