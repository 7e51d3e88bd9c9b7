import BerthBot
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// The pictures of the OpenAI-compatible API: `/v1/images/generations` and `/v1/images/edits`.
///
/// A call lives with its connection, unless it has an `Idempotency-Key`.
@Loop final class PictureAPI {
    typealias Refusal = ChatRequest.Refusal

    private let bot: Bot
    private let surroundings: Surroundings
    private let keyed: KeyedCalls
    private let pool = TaskPool()

    /// The largest body of a request that carries no pictures.
    nonisolated static let bodyLimit = ByteCount.kibibytes(256)

    /// The memory that a request with a body of `size` needs: the body, its checked members, and the
    /// wait.
    private nonisolated static func need(of size: ByteCount) -> ByteCount {
        ByteCount(3 * size.bytes) + Ask.entrySize + Ask.listenerSize
    }

    /// Makes it over `bot`, with the calls that have keys.
    init(bot: Bot, keyed: KeyedCalls, in surroundings: Surroundings) {
        self.bot = bot
        self.keyed = keyed
        self.surroundings = surroundings
    }

    /// Answers a request for new pictures.
    func generate(_ request: HTTPRequest, by credential: Credential) async -> HTTPResponse {
        await answering(request) {
            try admit(credential.tenant)
            let body = try await LeasedBody(
                request,
                account: credential.tenant.account,
                limit: PictureAPI.bodyLimit,
                in: surroundings,
                need: PictureAPI.need
            )
            let key = try await KeyedCalls.key(of: request, body.bytes)
            let query = try await PictureQuery.read(body.bytes)
            var ask = try ask(query, query.request, request, credential.tenant, body.memory)
            (ask.key, ask.retained) = (key, body)
            return try await answer(ask, query, for: credential, nil)
        }
    }

    /// Answers a request for changed pictures.
    func edit(_ request: HTTPRequest, by credential: Credential) async -> HTTPResponse {
        await answering(request) {
            let tenant = credential.tenant
            try admit(tenant)
            let form = try PictureForm(of: tenant, bot, in: surroundings)
            let query = try await form.read(request)
            do {
                var edit = query.request
                edit.inputs = try await sources(form.pictures)
                edit.mask = try await sources(form.mask.map { [$0] } ?? []).first
                let memory = PrepaidMemory(of: tenant.account)
                var ask = try ask(query, edit, request, tenant, memory)
                ask.key = try KeyedCalls.key(of: request, digest: form.digest)
                ask.retained = form
                let response = try await answer(ask, query, for: credential, form)
                if ask.key != nil { await form.discard() }
                return response
            } catch {
                await form.discard()
                throw error
            }
        }
    }

    /// Calls `answer`, and words its errors for the client.
    private func answering(
        _ request: HTTPRequest,
        _ answer: @Loop () async throws -> HTTPResponse
    ) async -> HTTPResponse {
        do { return try await answer() } catch {
            return .failure(error, request, in: surroundings)
        }
    }

    /// Refuses work on pictures before its body is read, if the tenant has no room for one.
    private func admit(_ tenant: LiveTenant) throws(BotError) {
        try tenant.mayAsk()
        try bot.paidPictures.admit(PictureRequest(prompt: "-"), for: tenant)
    }

    private func sources(_ files: [StoredFile]) async throws -> [any SourcePicture] {
        var sources: [any SourcePicture] = []
        for file in files {
            do { sources.append(try await StoredPicture(file, in: bot.files)) } catch {
                throw BotError(error)
            }
        }
        return sources
    }

    // MARK: The order

    private func ask(
        _ query: PictureQuery,
        _ order: PictureRequest,
        _ request: HTTPRequest,
        _ tenant: LiveTenant,
        _ memory: PrepaidMemory
    ) throws -> PictureAsk {
        Loop.works(on: WorkLabel(request.path, tenant: tenant.name, request: request.id))
        var ask = PictureAsk(
            order,
            try models(for: query),
            tenant,
            memory: memory,
            requestID: request.id,
            since: surroundings.clock.now
        )
        // The next start takes up a job that the service's end has cut off.
        ask.leavesJobs = { [turns = bot.turns] in turns.isStopping }
        ask.isFresh = request.wantsFresh
        let (translations, id) = (bot.translations, request.id)
        ask.translator = { ask throws(BotError) in
            try await translations.english(ask.request.prompt, for: tenant, request: id)
        }
        return ask
    }

    /// The models that may answer, in order: those of the name that may take every costly member.
    private func models(for query: PictureQuery) throws -> [PictureChoice] {
        let catalog = bot.pictureModels
        guard !catalog.choices.isEmpty else { throw BotError.noPictures }
        let named = catalog.candidates(query.model)
        guard !named.isEmpty else {
            throw BotError.unknownModel(query.model, known: catalog.names)
        }
        return try query.costly.permitted(of: named, in: "models.image") { $0.pass }
    }

    // MARK: The answer

    /// Makes the pictures and answers with them.
    ///
    /// - Parameters:
    ///   - ask: the order.
    ///   - query: the request that it was made from.
    ///   - credential: its revocation ends a call with a key.
    ///   - form: the pictures that came with it, which are deleted at its end.
    /// - Returns: the response. Its body begins when the pictures are there, or after a wait.
    /// - Throws: ``BotError``.
    private func answer(
        _ ask: PictureAsk,
        _ query: PictureQuery,
        for credential: Credential,
        _ form: PictureForm?
    ) async throws(BotError) -> HTTPResponse {
        let (tenant, wish) = (credential.tenant, query.form(of: ask.models[0]))
        let make = { @Loop @Sendable [self] () async throws(BotError) -> PictureReply in
            try await self.make(ask, as: wish, form)
        }
        if let key = ask.key {
            return try await keyed.answer(key, KeyedCall.Wish(pictures: wish), for: credential) {
                [keyed] call throws(BotError) in
                let answer = try await make()
                await keyed.keep(answer.kept, of: call, tenant)
                call.end(try answer.response(for: tenant))
            }
        }
        let pending = PendingAnswer<PictureReply>(in: pool, make)
        let clock = surroundings.clock
        if let answer = try await pending.begun(within: AnswerPatience.pictures, by: clock) {
            return try answer.response(for: tenant)
        }
        return try PictureReply.late(for: tenant, in: surroundings) { () throws(BotError) in
            try await pending.value()
        }
    }

    private func make(
        _ ask: PictureAsk,
        as wish: PictureQuery.Form,
        _ form: PictureForm?
    ) async throws(BotError) -> PictureReply {
        do throws(BotError) {
            let made = try await bot.pictureAnswers.make(ask)
            await form?.discard()
            let files = made.pictures.map(\.original)
            return PictureReply(files, as: wish, of: bot, in: surroundings)
        } catch {
            await form?.discard()
            throw error
        }
    }
}
