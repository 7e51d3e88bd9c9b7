import BerthConfig
import BerthLoop
import BerthText

/// The attempts of one call: after each refusal it says what the next request leaves out.
///
/// Nothing is bought by a refused request, so all attempts are one call with one reservation.
@Loop final class QuirkTrial {
    /// The call.
    let call: ChatCall
    /// Whether the caller wants a stream.
    private let isStream: Bool
    /// The name of the output limit that the server is expected to know, or nil for the Messages API.
    private let usualLimit: Quirks.OutputLimit?
    /// The parts that the model has taken before.
    private let taken: Taken
    /// The roles of the call's messages, once they are needed.
    private var roles: Set<String>?
    private let start: Quirks
    private var attempt: Attempt
    /// The last attempt that brought something new.
    private var base: Attempt
    /// The refusal of ``base``.
    private var refusal: PartRefusal?
    /// The error of ``base``, which the caller gets if nothing helps.
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

    /// The differences of one attempt from a plain request.
    private struct Attempt {
        var quirks: Quirks
        /// The most output of this request, because of its prompt.
        var most = Int.max
        /// Whether this request has no output limit, because of its prompt.
        var isUnlimited = false

        mutating func make(_ change: PartRefusal.Change) {
            switch change {
            case .without(let part): quirks.leaveOut(part)
            case .outputLimit(let name): quirks.outputLimit = name
            // A second maximum is no fact about the model.
            case .mostOutput(let most) where quirks.mostOutput == nil: quirks.mostOutput = most
            case .mostOutput(let most), .mostNow(let most): self.most = most
            case .unlimited: isUnlimited = true
            }
        }
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
        start = quirks
        attempt = Attempt(quirks: quirks)
        base = attempt
        (self.usualLimit, self.taken) = (usualLimit, taken)
    }

    // MARK: The attempt under way

    /// Its quirks.
    var quirks: Quirks { attempt.quirks }

    /// Whether it asks for a stream.
    ///
    /// An answer without a limit is streamed also if its caller wants a whole one, so that it can be
    /// ended when it has grown too large.
    var asksForStream: Bool { (isStream || outputLimit == .none) && !quirks.lacks(.stream) }

    /// The name under which its output limit is sent.
    var outputLimit: Quirks.OutputLimit {
        attempt.isUnlimited ? .none : quirks.outputLimit ?? usualLimit ?? .maxTokens
    }

    /// The value of its output limit.
    ///
    /// A value of the client's own is the client's to change if the server refuses it.
    var maximumOutput: Int {
        guard call.isOwnOutput else { return call.maximumOutput }
        return min(quirks.mostOutput ?? .max, attempt.most, call.maximumOutput)
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

    // MARK: What is learnt

    /// Whether a refusal has changed what is known.
    var isChanged: Bool { quirks != start }

    /// Whether the model has taken every part of the request before.
    ///
    /// Roles are not looked for.
    var isProven: Bool {
        let own = own
        return !isChanged && taken.limit == own.outputLimit
            && taken.parts.isSuperset(of: own.parts)
    }

    /// Whether a refusal has changed a part that the model has taken before.
    var contradicts: Bool {
        let renamed = quirks.outputLimit != start.outputLimit && taken.limit != nil
        return renamed || quirks.without.contains { !start.lacks($0) && taken.parts.contains($0) }
    }

    /// Notes the parts that the model has taken by now.
    func note(in taken: inout Taken) {
        let own = own
        taken.parts.formUnion(own.parts)
        if !attempt.isUnlimited { taken.limit = own.outputLimit }
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
            roles = await LargeWork.run(on: call.request.work) { [call] in call.roles }
        }
        if let refusal, refusal == refused {
            // The last change has made no difference.
            attempt = base
        } else {
            (base, refusal, error) = (attempt, refused, failure)
            tried.insert([.outputLimit(outputLimit)])
            waiting = refused.isWordless ? refused.guesses(of: unproven) : refused.changes(of: own)
        }
        waiting.removeAll { tried.contains($0) }
        guard !Task.isCancelled, let changes = waiting.first else { throw error ?? failure }
        tried.insert(changes)
        for change in changes { attempt.make(change) }
        attempts += 1
    }

    /// The parts without those that the model has taken before.
    private var unproven: OwnParts {
        var own = own
        own.parts.removeAll { taken.parts.contains($0) }
        if taken.limit == own.outputLimit { own.mayRename = false }
        return own
    }
}
