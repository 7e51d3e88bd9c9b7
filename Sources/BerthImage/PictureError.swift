package import BerthLoop
package import BerthMemory

/// Why a picture was not converted.
///
/// ``description`` is for the tenant, and ``forOperator`` for the log.
package enum PictureError: Error, Equatable, CustomStringConvertible {
    /// The bytes are something else.
    case notAPicture(ForeignContent)
    /// The picture is damaged or cut off.
    case broken(PictureFormat)
    /// The picture uses a feature that Berth does not read.
    case unsupported(PictureFormat, UnsupportedFeature)
    /// The picture is above a limit.
    case tooLarge(PictureMeasure, is: Int, most: Int)
    /// The file is longer than the limit, or longer than it was said to be.
    case tooLong(most: ByteCount)
    /// The result does not fit its limit in bytes, even when it is made smaller.
    case resultTooLong(most: ByteCount)
    /// There is no memory for the conversion.
    case memory(BudgetError)
    /// The conversion needs more memory than pictures can ever have.
    case noRoom(needs: ByteCount)
    /// New pictures are refused, because memory is short.
    case paused
    /// Too many conversions wait.
    case busy(waiting: Int)
    /// The conversion took too long and was stopped.
    case outOfTime(Duration)
    /// The caller has cancelled the conversion.
    case cancelled
    /// The picture's bytes stopped coming, because the download or the upload failed.
    case sourceFailed
    /// The picture's file cannot be read.
    case notRead(SystemError)
    /// The result cannot be written.
    case notWritten(SystemError)
    /// libvips, or a part of it, cannot be opened.
    case noLibrary(String)
    /// libvips cannot write the format.
    case notEncoded(String)

    package var description: String {
        switch self {
        case .notAPicture(.nothing): "the picture is empty: send it again"
        case .notAPicture(.unknown):
            "this is not a picture of a known format: send JPEG, PNG, WebP, GIF, AVIF or HEIC"
        case .notAPicture(let content):
            "this is \(content.rawValue), not a picture: send JPEG, PNG, WebP, GIF, AVIF or HEIC"
        case .broken(let format):
            "the \(format.name) picture is damaged or cut off: send it again, or save it anew first"
        case .unsupported(let format, let feature):
            "the \(format.name) picture has \(feature.rawValue), which is not supported: save it "
                + "as a plain JPEG or PNG first"
        case .tooLarge(let measure, let size, let most):
            "the picture has \(size) \(measure.rawValue), and \(most) are allowed: make it smaller"
        case .tooLong(let most):
            "the picture's file is larger than \(most): make it smaller, or save it as JPEG"
        case .resultTooLong(let most): "the picture does not fit into \(most): use a smaller one"
        case .memory(let error): error.forTenant
        case .noRoom(let needs):
            "the picture needs \(needs) of memory, which the server does not have: use a smaller one"
        case .paused:
            "the server is short of memory and takes no pictures now: send text only, or try again "
                + "in a few minutes"
        case .busy: "too many pictures wait to be converted: try again in a moment"
        case .outOfTime(let limit):
            "the picture took longer than \(limit.components.seconds) s: use a smaller one"
        case .cancelled: "the picture's conversion was cancelled"
        case .sourceFailed: "the picture did not arrive whole: send it again"
        case .notRead, .notWritten: "the server cannot store the picture: tell its operator"
        case .noLibrary, .notEncoded: "the server cannot convert pictures: tell its operator"
        }
    }

    /// The reason for the log and for the operator's commands.
    package var forOperator: String {
        switch self {
        case .memory(let error): error.description
        case .noRoom(let needs):
            "a picture needs \(needs) of memory, more than pictures can have: raise memory.limit"
        case .busy(let waiting): "\(waiting) pictures wait to be converted, as many as may"
        case .notRead(let error): "the picture's file cannot be read: \(error)"
        case .notWritten(let error): "the converted picture cannot be written: \(error)"
        case .noLibrary(let reason):
            "libvips cannot be opened (\(reason)): install it with apt install libvips42"
        case .notEncoded(let reason): "libvips cannot write the picture: \(reason)"
        default: description
        }
    }
}

/// A measure of a picture that has a limit.
package enum PictureMeasure: String, Sendable {
    case side = "pixels on one side"
    case pixels = "pixels"
    case frames = "frames"
}

/// A feature of a format that Berth does not read.
package enum UnsupportedFeature: String, Sendable {
    case longHeader = "more than 1 MiB of data before its dimensions"
    case coding = "a rare coding"
    case scans = "too many scans"
    case derivation = "a composition of other pictures"
    case hiddenFrames = "hidden frames"
}
