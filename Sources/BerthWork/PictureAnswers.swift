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
/// tenant` no other tenant is given any.
@Loop package final class PictureAnswers {
    private let paid: PaidPictures
    private let meter: Meter
    private let store: any Store
    private let files: TenantFiles
    private let scope: Configuration.Cache.Scope
    private let metrics: WorkMetrics
    private let surroundings: Surroundings
    private var flights: [[UInt8]: PictureFlight] = [:]

    /// Makes it over the paid pictures.
    package init(
        _ paid: PaidPictures,
        _ meter: Meter,
        _ kept: (store: any Store, files: TenantFiles, scope: Configuration.Cache.Scope),
        _ metrics: WorkMetrics,
        in surroundings: Surroundings
    ) {
        self.paid = paid
        self.meter = meter
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
    /// - Throws: ``BotError`` as ``PaidPictures/make(_:_:)`` does.
    package func make(
        _ ask: PictureAsk,
        _ held: consuming Held? = nil
    ) async throws(BotError) -> MadePictures {
        do throws(BotError) {
            guard let name = name(of: ask) else { return try await paid.make(ask, held) }
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
                guard let flight = flights[name.bytes], mayJoin(flight, ask) else {
                    return try await lead(ask, held.take(), name)
                }
                try await wait(for: flight, ask)
            }
        } catch {
            metrics.pictures.add(ask.request.count, error.disposition.outcome)
            throw error
        }
    }

    // MARK: The same order under way

    /// Whether an order may wait for another one.
    ///
    /// A person who repeats a prompt wants another picture.
    private func mayJoin(_ flight: PictureFlight, _ ask: PictureAsk) -> Bool {
        !ask.isFresh && ask.key == nil
            && (flight.leader != ask.payer.row.id || !wantsNew(ask))
    }

    private func wait(for flight: PictureFlight, _ ask: PictureAsk) async throws(BotError) {
        let open = OpenCall(ask)
        defer { open?.close() }
        do throws(BotError) { try await flight.wait(ask) } catch { throw open?.reason ?? error }
    }

    private func lead(
        _ ask: PictureAsk,
        _ held: consuming Held?,
        _ name: Name
    ) async throws(BotError) -> MadePictures {
        let flight = PictureFlight(ask)
        let isFirst = flights[name.bytes] == nil
        if isFirst { flights[name.bytes] = flight }
        do throws(BotError) {
            let made = try await paid.make(isFirst ? flight.leading(ask) : ask, held)
            await keep(made, name, ask)
            land(flight, name, nil)
            return made
        } catch {
            land(flight, name, error)
            throw error
        }
    }

    private func land(_ flight: PictureFlight, _ name: Name, _ error: BotError?) {
        if flights[name.bytes] === flight { flights[name.bytes] = nil }
        flight.land(error)
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
        let isShared = scope == .safe && sources.isEmpty
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
        let lease: LeaseHolder
        do throws(BudgetError) {
            let size = ByteCount(TenantFiles.copyMemory)
            lease = LeaseHolder(try payer.account.lease(size, for: .replyBuffer))
        } catch { throw .memory(error) }
        defer { withExtendedLifetime(lease) {} }
        var pictures: [MadePicture] = []
        do throws(FilesError) {
            for one in found.pictures {
                let picture = MadePicture(
                    original: try await own(one.file, payer),
                    thumbnail: try await ownOrNil(one.thumbnail, payer),
                    width: one.width,
                    height: one.height
                )
                pictures.append(picture)
            }
        } catch .gone { return nil } catch { throw BotError(error) }
        let made = MadePictures(pictures, by: found.model, Settled())
        if !isOwn { await keep(made, name, ask) }
        return made
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

    /// Keeps the pictures of an order that has made all that were asked for.
    private func keep(_ made: MadePictures, _ name: Name, _ ask: PictureAsk) async {
        guard made.pictures.count >= ask.request.count else { return }
        do throws(StoreError) {
            try await store.keepPictures(
                name.bytes,
                of: ask.payer.row.id,
                by: made.model,
                made.pictures.map(\.ofTurn)
            )
        } catch {
            surroundings.log.warning(
                "pictures are not cached",
                ["tenant": .text(ask.payer.name), "why": .describing(error)]
            )
        }
    }
}
