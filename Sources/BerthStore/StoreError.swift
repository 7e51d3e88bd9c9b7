/// The reason why the store refused a verb, worded for the person who must act.
package enum StoreError: Error, Equatable {
    /// The data folder cannot be made or written.
    case folder(path: String, reason: String)
    /// Another service works in the data folder; `pid` is nil where it has not said which.
    case inUse(folder: String, pid: Int?)
    /// The file is no database, or one of another program.
    case foreign(file: String)
    /// The database was written by a newer Berth than this one.
    case newer(file: String, version: Int, known: Int)
    /// The file is damaged.
    case corrupt(file: String, detail: String)
    /// The disk has no room for what was to be written; nothing of it was.
    case diskFull(file: String)
    /// The file or its folder may not be written.
    case readOnly(file: String)
    /// Another program (as `sqlite3`) holds the database.
    case locked(file: String)
    /// The disk failed, or SQLite did, in a way that has no case of its own.
    case failed(file: String, code: Int, detail: String)
    /// So many operations wait already that this one was refused; nothing was done.
    case busy(limit: Int)
    /// The database was closed; nothing was done.
    case closed
    /// A row with the same unique value is there already; `what` names table and column.
    case exists(what: String)
    /// A tenant of this name is there already.
    case nameTaken(String)
    /// There is no such row, or it was deleted.
    case notFound(what: String)
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .folder(let path, let reason):
            "the data folder '\(path)' cannot be used: \(reason): make it writable for the "
                + "service's user, or name another one with the key 'data'"
        case .inUse(let folder, let pid):
            "the data folder '\(folder)' is in use by another berth\(pid.map { " (pid \($0))" } ?? "")"
                + ": stop that one, or name another folder with the key 'data'"
        case .foreign(let file):
            "'\(file)' is not a database of Berth and was left as it is: move it away, or name "
                + "another folder with the key 'data'"
        case .newer(let file, let version, let known):
            "'\(file)' is of a newer Berth (version \(version), this one knows \(known)) and was "
                + "left as it is: install that Berth again, or restore an older backup"
        case .corrupt(let file, let detail):
            "'\(file)' is damaged (\(detail)): stop the service, keep a copy of it, and restore a "
                + "backup"
        case .diskFull(let file):
            "the disk is full, so '\(file)' cannot grow and nothing was written: make room on it"
        case .readOnly(let file):
            "'\(file)' may not be written: check the owner and mode of it and of its folder, and "
                + "that the disk is not mounted read-only"
        case .locked(let file):
            "'\(file)' is held by another program: end it (as a 'sqlite3' that is open)"
        case .failed(let file, let code, let detail):
            "'\(file)': \(detail) (SQLite \(code)): check the disk, then run 'berth doctor'"
        default: requestDescription
        }
    }

    /// The words for the errors of one operation, not of the file.
    private var requestDescription: String {
        switch self {
        case .busy(let limit):
            "the database is busy (\(limit) operations wait): try again in a moment"
        case .closed: "the database is closed because the service is stopping: try again later"
        case .exists(let what): "there is one already (\(what))"
        case .nameTaken(let name): "there is a tenant '\(name)' already: choose another name"
        case .notFound(let what): "there is no such \(what)"
        default: "\(self)"
        }
    }
}
