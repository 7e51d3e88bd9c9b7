import BerthLoop
package import BerthMemory
package import BerthStore
import Glibc

/// The reason for which a file was not stored, found or deleted, worded for its owner.
///
/// ``description`` contains no path. ``forOperator`` has the operator's words.
package enum FilesError: Error, Equatable, CustomStringConvertible {
    /// The tenant's files would be larger than its quota.
    case overDisk(used: ByteCount, asked: ByteCount, limit: ByteCount)
    /// The tenant has as many files as its quota allows.
    case overCount(limit: Int)
    /// The file has no bytes.
    case empty
    /// The disk has too little room.
    case diskFull
    /// The folder cannot be written or read.
    case folder(reason: String)
    /// There is no such file, or it belongs to another tenant.
    case notFound
    /// The file's content has disappeared from the disk.
    case gone
    /// A link's signature is not Berth's, or the link was changed.
    case badLink
    /// A link is too old.
    case linkExpired
    /// The service runs without a disk.
    case noDisk
    /// The database refused.
    case store(StoreError)

    package var description: String {
        switch self {
        case .overDisk(let used, let asked, let limit):
            "your files have \(used) of \(limit), and this one needs \(asked): delete some with "
                + "/files and /delete, or ask the operator for more"
        case .overCount(let limit):
            "you have \(limit) files, which is the limit: delete some with /files and /delete, or "
                + "ask the operator for more"
        case .empty: "the file is empty"
        case .diskFull, .store(.diskFull):
            "the server has no room for files now: try again later"
        case .folder, .noDisk: "the server cannot store files now: tell the operator"
        case .notFound: "there is no such file"
        case .gone: "this file no longer exists on the server"
        case .badLink: "this link is not valid: copy it whole, or ask for a new one"
        case .linkExpired: "this link has expired: ask for a new one"
        case .store(let error): error.forTenant
        }
    }

    /// The error for the log and the operator.
    package var forOperator: String {
        switch self {
        case .diskFull: "the disk of the data folder is full: run 'berth cleanup', or make room"
        case .folder(let reason): reason
        case .noDisk: "this service keeps its data in memory and stores no files"
        case .store(let error): error.description
        default: description
        }
    }

    /// Makes the error of a system call that failed, from the current errno.
    static func system(_ call: String, code: Int32 = errno) -> FilesError {
        switch code {
        case ENOSPC, EDQUOT, EFBIG: .diskFull
        default: .folder(reason: SystemError(call, code: code).description)
        }
    }
}

extension StoreError {
    /// The words of a failed database for a tenant.
    fileprivate var forTenant: String {
        switch self {
        case .notFound: "there is no such file"
        case .busy, .closed: description
        default: "the server cannot write to its database now: try again later"
        }
    }
}
