import BerthConfig
import BerthLoop
import BerthText

/// The attempts of one call: after each refusal it says what the next request leaves out.
///
/// Nothing is bought by a refused request, so all attempts are one call with one reservation.
@Loop final class QuirkTrial {
    /// The call.
    let call: ChatCall
    /// Whether a stream was asked for.
    let isStream: Bool
    /// The quirks of the attempt that is under way.
    private(set) var quirks: Quirks
    /// Whether the attempt under way has no output limit because of this request's prompt.
    private(set) var isUnlimited = false
    /// The name of the output limit that the server is expected to know, or nil for the Messages API.
    private let usualLimit: Quirks.OutputLimit?
    /// The parts that the model has taken before.
    private let taken: Taken
    /// The roles of the call's messages, once they are needed.
    private var roles: Set<String>?
    private let start: Quirks
    /// The quirks that count: known before, or refused no longer.
    private var base: Quirks
    /// The refusal of the request with ``base``.
    private var refusal: PartRefusal?
    /// The error of the request with ``base``, which the caller gets if nothing helps.
    private var error: ProviderError?
    /// The changes to try after that refusal.
    private var waiting: [[PartRefusal.Change]] = []
    private var tried: Set<[PartRefusal.Change]> = []
    private var attempts = 1

    /// The most attempts of one call.
    static nonisolated let mostAttempts = 9

    /// The parts that a model has taken.
    struct Taken {
        var parts: Set<Quirks.Part> = []
        var limit: Quirks.OutputLimit?
    }

    /// Begins with what is known.
    init(
        _ call: ChatCall,
        streaming: Bool,
        _ quirks: Quirks,
        usualLimit: Quirks.OutputLimit?,
        taken: Taken
    ) {
        (self.call, isStream) = (call, streaming)
        (self.quirks, base, start) = (quirks, quirks, quirks)
        (self.usualLimit, self.taken) = (usualLimit, taken)
    }

    /// Whether a refusal has changed what is sent.
    var isChanged: Bool { quirks != start }

    /// Whether the model has taken every part of the request before.
    ///
    /// Roles are not looked for.
    var isProven: Bool {
        let own = own
        return !isChanged && !isUnlimited && taken.limit == own.outputLimit
            && taken.parts.isSuperset(of: own.parts)
    }

    // MARK: The attempt under way

    /// Whether it asks for a stream.
    ///
    /// An answer without a limit is streamed also if its caller wants a whole one, so that it can be
    /// ended when it has grown too large.
    var asksForStream: Bool { (isStream || outputLimit == .none) && !quirks.lacks(.stream) }

    /// The name under which its output limit is sent.
    var outputLimit: Quirks.OutputLimit {
        isUnlimited ? .none : quirks.outputLimit ?? usualLimit ?? .maxTokens
    }

    /// The value of its output limit.
    ///
    /// A value of the client's own is the client's to change if the server refuses it.
    var maximumOutput: Int {
        guard let most = quirks.mostOutput, call.isOwnOutput else { return call.maximumOutput }
        return min(most, call.maximumOutput)
    }

    /// Its parts, with the roles of messages if they are known.
    var own: OwnParts {
        var own =
            usualLimit == nil
            ? OwnParts(ofMessages: call, streaming: asksForStream, quirks)
            : OwnParts(of: call, streaming: asksForStream, quirks, roles: roles ?? [])
        (own.outputLimit, own.maximumOutput) = (outputLimit, maximumOutput)
        own.isOwnValue = call.isOwnOutput
        return own
    }

    // MARK: The next attempt

    /// Prepares the attempt that follows on the failure of the last.
    ///
    /// - Throws: the error for the caller if none follows.
    func goOn(after failure: ProviderError) async throws(ProviderError) {
        guard attempts < QuirkTrial.mostAttempts, let refused = PartRefusal(failure) else {
            throw failure
        }
        if roles == nil {
            roles = await LargeWork.run(on: call.request.bytes.count) { [call] in call.roles }
        }
        if let refusal, refusal == refused {
            // The last change has made no difference.
            (quirks, isUnlimited) = (base, false)
        } else {
            (refusal, error) = (refused, failure)
            waiting = refused.changes(of: own).map { [$0] }
            if waiting.isEmpty, refused.isWordless { waiting = refused.guesses(of: unproven) }
            (base, isUnlimited) = (quirks, false)
        }
        waiting.removeAll { tried.contains($0) }
        guard !Task.isCancelled, let changes = waiting.first else { throw error ?? failure }
        tried.insert(changes)
        for change in changes { make(change) }
        attempts += 1
    }

    /// The parts without those that the model has taken before.
    private var unproven: OwnParts {
        var own = own
        own.parts.removeAll { taken.parts.contains($0) }
        if taken.limit == own.outputLimit { own.mayRename = false }
        return own
    }

    private func make(_ change: PartRefusal.Change) {
        switch change {
        case .without(let part): quirks.leaveOut(part)
        case .outputLimit(let name): quirks.outputLimit = name
        case .mostOutput(let most): quirks.mostOutput = most
        case .unlimited: isUnlimited = true
        }
    }
}
