import BerthFiles
import BerthImage
import BerthMemory
import BerthStore

extension FilesError {
    /// The words of a file that was not stored, found or deleted.
    var words: ErrorWords {
        switch self {
        case .overDisk(let used, let asked, let limit):
            ErrorWords(
                .overDisk,
                ["used": .size(used), "asked": .size(asked), "most": .size(limit)]
            )
        case .overCount(let limit): ErrorWords(.overCount, ["count": .count(limit)])
        case .empty: ErrorWords(.fileEmpty)
        case .diskFull, .store(.diskFull): ErrorWords(.diskFull)
        case .folder, .noDisk: ErrorWords(.noFiles)
        case .notFound, .store(.notFound): ErrorWords(.fileNotFound)
        case .gone: ErrorWords(.fileGone)
        case .badLink: ErrorWords(.linkBad)
        case .linkExpired: ErrorWords(.linkExpired)
        case .store(.busy), .store(.closed): ErrorWords(.busy)
        case .store: ErrorWords(.databaseReadOnly)
        }
    }
}

extension PictureError {
    /// The words of a picture that was refused.
    var words: ErrorWords {
        switch self {
        case .notAPicture(.nothing): ErrorWords(.pictureEmpty)
        case .notAPicture(.unknown): ErrorWords(.pictureUnknown)
        case .notAPicture(.video): ErrorWords(.pictureVideo)
        case .notAPicture(let content):
            ErrorWords(.pictureForeign, ["format": .text(content.formatName)])
        case .broken(let format): ErrorWords(.pictureBroken, ["format": .text(format.name)])
        case .unsupported(let format, _):
            ErrorWords(.pictureUnsupported, ["format": .text(format.name)])
        case .tooLarge(let measure, let size, let most):
            ErrorWords(measure.key, ["count": .count(size), "most": .count(most)])
        case .tooLong(let most): ErrorWords(.pictureFileTooLarge, ["most": .size(most)])
        case .resultTooLong(let most): ErrorWords(.pictureResultTooLarge, ["most": .size(most)])
        case .memory(let error): error.words
        case .noRoom(let needs): ErrorWords(.pictureNoRoom, ["size": .size(needs)])
        case .paused: ErrorWords(.picturesPaused)
        case .busy: ErrorWords(.picturesBusy)
        case .outOfTime(let limit): ErrorWords(.pictureTooSlow, ["wait": .wait(limit)])
        case .cancelled: ErrorWords(.pictureCancelled)
        case .sourceFailed: ErrorWords(.pictureIncomplete)
        case .notRead, .notWritten: ErrorWords(.pictureNotStored)
        case .noLibrary, .notEncoded: ErrorWords(.pictureNotConverted)
        }
    }
}

extension PictureMeasure {
    fileprivate var key: ErrorKey {
        switch self {
        case .side: .pictureSides
        case .pixels: .picturePixels
        case .frames: .pictureFrames
        }
    }
}

extension ForeignContent {
    /// The usual name of the format.
    fileprivate var formatName: String {
        switch self {
        case .svg: "SVG"
        case .html: "HTML"
        case .xml: "XML"
        case .pdf: "PDF"
        case .json: "JSON"
        case .tiff: "TIFF"
        case .bmp: "BMP"
        case .jxl: "JPEG XL"
        case .nothing, .unknown, .video: rawValue
        }
    }
}
