import BerthLoop
import BerthProviders
import BerthStore

/// One ask of a tenant that is under way outside a turn, so that the operator can end it.
///
/// A turn is ended by its own task.
@safe @Loop final class OpenCall {
    private let payer: LiveTenant
    private let number: Int
    private let model: String
    private let since: Instant
    private let requestID: String
    // Unsafe and sound: the task runs `Answers`, which clears it before the task can end.
    private nonisolated(unsafe) var asking: UnsafeCurrentTask?
    private weak var answer: (any EndableAnswer)?
    /// The reason for which it was ended, or nil if it was not.
    private(set) var reason: BotError?
    /// Whether its provider has been asked, if it shares no call.
    private var isAsked = false
    /// The bill of the call that it shares.
    private weak var bill: Bill?
    /// The progress of an order of pictures at its provider, or nil before the provider has begun.
    var progress: PictureProgress?

    /// Opens the call of the current task, or returns nil for a turn's ask.
    init?<Asked: PaidAsk>(_ ask: Asked) {
        guard ask.turn == nil else { return nil }
        payer = ask.payer
        number = payer.nextCall()
        (model, since, requestID) = (Asked.paid(ask.models[0]).id, ask.since, ask.requestID)
        enter()
    }

    /// Opens an order of an earlier run that the current task takes up.
    init(_ order: OpenOrder, of payer: LiveTenant, since: Instant) {
        self.payer = payer
        number = payer.nextCall()
        model = PaidModel(of: order.call).id
        (self.since, requestID, isAsked) = (since, "-", true)
        enter()
    }

    private func enter() {
        unsafe withUnsafeCurrentTask { task in unsafe asking = task }
        payer.openCalls[number] = self
    }

    /// The call as the operator sees it.
    var info: OpenCallInfo {
        OpenCallInfo(
            number: number,
            tenant: payer.name,
            tenantID: payer.row.id,
            model: model,
            request: requestID,
            isAsked: isAsked || answer != nil || bill?.isAsked == true,
            progress: progress,
            since: since
        )
    }

    /// Notes that the call's provider is asked now.
    func asks() { isAsked = true }

    /// Notes that the call is a share of another one.
    func shares(_ bill: Bill) { self.bill = bill }

    /// Notes that the answer has begun, which is ended from now on instead of the task.
    ///
    /// - Throws: the reason for which the call was ended meanwhile. The answer is then ended too.
    func begin(_ answer: any EndableAnswer) throws(BotError) {
        unsafe asking = nil
        self.answer = answer
        guard let reason else { return }
        answer.finish()
        throw reason
    }

    /// Ends the call for a reason that its caller is told.
    ///
    /// A call that waits is not bought. A call that runs is cancelled at its provider.
    func end(_ reason: BotError) {
        guard self.reason == nil else { return }
        self.reason = reason
        unsafe asking?.cancel()
        answer?.interrupt(reason)
    }

    /// Notes that the call has ended.
    func close() {
        unsafe asking = nil
        payer.openCalls[number] = nil
    }
}
