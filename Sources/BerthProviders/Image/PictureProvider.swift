package import BerthLoop
package import BerthMemory

/// A server that makes pictures, or the demo.
@Loop package protocol PictureProvider: AnyObject, Sendable {
    /// The name under `providers` in the configuration.
    nonisolated var name: String { get }
    /// Whether an order returns a job soon, whose result is asked for later.
    nonisolated var keepsJobs: Bool { get }
    /// Orders pictures.
    ///
    /// Returns when the provider has accepted the job, or, if it keeps no jobs, when the pictures
    /// have been delivered. Cancelling the task ends the call, except that a job's order is sent to
    /// its end, so that the caller can cancel the job.
    ///
    /// - Parameters:
    ///   - call: the call.
    ///   - receiver: gets the pictures of a provider that keeps no jobs.
    /// - Returns: the job, which the caller stores before anything else, or the bill.
    /// - Throws: ``ProviderError``. If it means that nothing was bought, there is neither a job nor a
    ///   picture. After ``ProviderError/uncertain(provider:reason:)`` the
    ///   provider may be working at a job whose name is unknown.
    func order(
        _ call: PictureCall,
        into receiver: any PictureReceiver
    ) async throws(ProviderError) -> PictureOrder
    /// Waits for the end of a job and delivers its pictures.
    ///
    /// It may be asked again at any time, also by another process, until the provider forgets the
    /// job. Cancelling the task ends the wait and not the job.
    ///
    /// - Parameters:
    ///   - job: a job of ``order(_:into:)``.
    ///   - memory: the account of the answers.
    ///   - receiver: gets the pictures.
    ///   - tell: is called with each progress that differs from the last one.
    /// - Returns: the bill.
    /// - Throws: ``ProviderError``. After `uncertain` the job may still be there. Any other error
    ///   is the job's end.
    func result(
        of job: PictureJob,
        memory: PrepaidMemory,
        into receiver: any PictureReceiver,
        telling tell: @Loop (PictureProgress) -> Void
    ) async throws(ProviderError) -> PictureBill
    /// Asks the provider to end a job, and ignores a failure.
    ///
    /// The job may already be done, and may be charged.
    func cancel(_ job: PictureJob) async
}

extension PictureProvider {
    package nonisolated var keepsJobs: Bool { false }
}

extension PictureProvider {
    package func result(
        of job: PictureJob,
        memory: PrepaidMemory,
        into receiver: any PictureReceiver,
        telling tell: @Loop (PictureProgress) -> Void
    ) async throws(ProviderError) -> PictureBill {
        throw .uncertain(provider: name, reason: "it keeps no jobs")
    }

    package func cancel(_ job: PictureJob) async {}
}

/// The answer to an order.
package enum PictureOrder: Equatable, Sendable {
    /// The provider keeps the job, and has its result later.
    case job(PictureJob)
    /// The pictures have been delivered.
    case made(PictureBill)
}

/// A job that a provider keeps.
package struct PictureJob: Equatable, Sendable {
    /// The provider's own name of the model.
    package let model: String
    /// The job in the provider's own encoding, at most ``mostText`` bytes, without a key or prompt.
    package let text: String

    /// The most bytes of ``text``.
    package static let mostText = 4096

    /// Makes a job, as it was stored.
    package init(model: String, text: String) {
        self.model = model
        self.text = text
    }
}

/// The progress of a job, whose description is for the operator.
package enum PictureProgress: Equatable, Sendable, CustomStringConvertible {
    /// The job waits at the provider, behind `position` others if it says so.
    case queued(position: Int?)
    /// The provider works at it, with 0 to 100 percent done if it says so.
    case running(percent: Int?)
    /// The pictures are being downloaded.
    case loading

    package var description: String {
        switch self {
        case .queued(let position):
            "queued at the provider" + (position.map { ", \($0) before it" } ?? "")
        case .running(let percent): "running at the provider" + (percent.map { ", \($0) %" } ?? "")
        case .loading: "downloading"
        }
    }
}

/// The pictures that a provider has made, and their cost if it says one.
package struct PictureBill: Equatable, Sendable {
    /// The number of pictures, 0 or more.
    package var pictures: Int
    /// The tokens, if the provider counts them; nil if not.
    package var usage: TokenUsage?
    /// The amount that the provider says it has charged, in millionths of a dollar; nil if none.
    package var micros: Int64?

    /// Makes a bill.
    package init(pictures: Int, usage: TokenUsage? = nil, micros: Int64? = nil) {
        self.pictures = pictures
        self.usage = usage
        self.micros = micros
    }
}
