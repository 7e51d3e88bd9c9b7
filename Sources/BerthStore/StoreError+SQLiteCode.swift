import BerthLoop
import CSQLite

extension StoreError {
    /// The meaning of SQLite's result code to the operator.
    ///
    /// Source: <https://www.sqlite.org/rescode.html>. SQLite's messages name tables and columns,
    /// never values.
    init(_ code: Int32, on connection: OpaquePointer?, file: String) {
        let detail = unsafe StoreError.text(sqlite3_errmsg(connection))
        switch code & 0xff {
        case SQLITE_FULL: self = .diskFull(file: file)
        case SQLITE_READONLY: self = .readOnly(file: file)
        case SQLITE_CORRUPT: self = .corrupt(file: file, detail: detail)
        case SQLITE_NOTADB: self = .foreign(file: file)
        case SQLITE_BUSY, SQLITE_LOCKED: self = .locked(file: file)
        case SQLITE_CANTOPEN, SQLITE_IOERR:
            // If SQLite has kept an errno, it says more than "disk I/O error".
            let system = unsafe sqlite3_system_errno(connection)
            let reason = system == 0 ? detail : SystemError(detail, code: system).description
            self = .failed(file: file, code: Int(code), detail: reason)
        default:
            self =
                StoreError.constraint(code, detail)
                ?? .failed(file: file, code: Int(code), detail: detail)
        }
    }

    private static func constraint(_ code: Int32, _ detail: String) -> StoreError? {
        // Extended codes (primary | kind << 8) are macros that Swift does not import.
        let uniqueKinds: [Int32] = [6, 8]  // PRIMARYKEY, UNIQUE
        guard code & 0xff == SQLITE_CONSTRAINT, uniqueKinds.contains(code >> 8) else { return nil }
        return .exists(what: detail)
    }

    private static func text(_ message: UnsafePointer<CChar>?) -> String {
        guard let message = unsafe message else { return "out of memory" }
        return unsafe String(cString: message)
    }
}
