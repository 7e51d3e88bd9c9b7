import BerthLoop
import CSQLite

/// One prepared statement, finalized with its last reference.
@safe final class Statement {
    private let handle: OpaquePointer
    /// The database file, for errors.
    let file: String
    /// Changes nothing in the database.
    let isReadOnly: Bool
    private let parameters: Int32
    /// Whether a caller of ``StatementCache`` has it.
    var isInUse = false
    /// The number of its last use, by which ``StatementCache`` knows the oldest.
    var lastUse: UInt64 = 0

    /// Prepares `sql` on an open connection, which must outlive the statement.
    init(_ sql: StaticString, on connection: OpaquePointer, file: String) throws(StoreError) {
        var handle: OpaquePointer?
        let text = unsafe UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self)
        let code = unsafe sqlite3_prepare_v3(
            connection,
            text,
            Int32(clamping: sql.utf8CodeUnitCount),
            UInt32(SQLITE_PREPARE_PERSISTENT),
            &handle,
            nil
        )
        guard code == SQLITE_OK, let handle = unsafe handle else {
            throw unsafe StoreError(code, on: connection, file: file)
        }
        unsafe self.handle = handle
        self.file = file
        isReadOnly = unsafe sqlite3_stmt_readonly(handle) != 0
        parameters = unsafe sqlite3_bind_parameter_count(handle)
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Gives the `?` at `index` (from 1) its value.
    func bind(_ value: SQLValue, at index: Int32) throws(StoreError) {
        let code: Int32
        switch value {
        case .null: code = unsafe sqlite3_bind_null(handle, index)
        case .integer(let number): code = unsafe sqlite3_bind_int64(handle, index, number)
        case .text(var text):
            code = text.withUTF8 { bytes in
                unsafe berth_sqlite_bind_text(
                    handle,
                    index,
                    bytes.baseAddress,
                    UInt64(bytes.count)
                )
            }
        case .blob(let bytes):
            code = unsafe bytes.withUnsafeBytes { bytes in
                unsafe berth_sqlite_bind_blob(
                    handle,
                    index,
                    bytes.baseAddress,
                    UInt64(bytes.count)
                )
            }
        }
        try check(code)
    }

    /// Traps unless `count` values were bound: a wrong number is a bug of the caller's.
    func requireParameters(_ count: Int32) {
        precondition(count == parameters, "\(count) values for \(parameters) parameters")
    }

    /// Runs to the next row; false at the end.
    func step() throws(StoreError) -> Bool {
        let code = unsafe sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code != SQLITE_DONE { try check(code) }
        return false
    }

    /// Makes the statement ready for the next use; its values are forgotten.
    func reset() {
        // Both only repeat the last step's error, which was thrown then.
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
    }

    private func check(_ code: Int32) throws(StoreError) {
        guard code != SQLITE_OK else { return }
        throw unsafe StoreError(code, on: sqlite3_db_handle(handle), file: file)
    }

    // MARK: Columns

    fileprivate func isNull(_ column: Int32) -> Bool {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    fileprivate func integer(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(handle, column)
    }

    fileprivate func byteCount(_ column: Int32) -> Int {
        Int(unsafe sqlite3_column_bytes(handle, column))
    }

    fileprivate func text(_ column: Int32) -> String {
        // The pointer first: it may convert, and the count is then of the converted text.
        guard let start = unsafe sqlite3_column_text(handle, column) else { return "" }
        let bytes = unsafe UnsafeBufferPointer(start: start, count: byteCount(column))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    fileprivate func bytes(_ column: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: byteCount(column))
        return unsafe [UInt8](bytes)
    }
}

/// The row that a statement stands on, lent for the length of one closure.
///
/// Columns count from 0. A column of another type reads as SQLite converts it; NULL reads as 0 or
/// empty, except where the name says `orNil`.
struct Row: ~Copyable {
    private let statement: Statement

    init(_ statement: Statement) { self.statement = statement }

    /// An integer.
    func int64(_ column: Int32) -> Int64 { statement.integer(column) }

    /// An integer, or nil for NULL.
    func int64OrNil(_ column: Int32) -> Int64? {
        statement.isNull(column) ? nil : statement.integer(column)
    }

    /// An integer that counts something, at least 0.
    ///
    /// A damaged file may hold any number. At 2^50 it is cut off, so that sums stay within 63 bits.
    func int(_ column: Int32) -> Int {
        Int(clamping: min(max(0, statement.integer(column)), 1 << 50))
    }

    /// An integer that counts something, as ``int(_:)``, or nil for NULL.
    func intOrNil(_ column: Int32) -> Int? { statement.isNull(column) ? nil : int(column) }

    /// A truth stored as 0 or 1.
    func bool(_ column: Int32) -> Bool { statement.integer(column) != 0 }

    /// A text.
    func text(_ column: Int32) -> String { statement.text(column) }

    /// A text, or nil for NULL.
    func textOrNil(_ column: Int32) -> String? {
        statement.isNull(column) ? nil : statement.text(column)
    }

    /// Bytes.
    func bytes(_ column: Int32) -> [UInt8] { statement.bytes(column) }

    /// Bytes, or nil for NULL.
    func bytesOrNil(_ column: Int32) -> [UInt8]? {
        statement.isNull(column) ? nil : statement.bytes(column)
    }

    /// The length of a text or of bytes, without copying them.
    func byteCount(_ column: Int32) -> Int { statement.byteCount(column) }

    /// A point in time.
    func timestamp(_ column: Int32) -> Timestamp {
        Timestamp(milliseconds: statement.integer(column))
    }

    /// A point in time, or nil for NULL.
    func timestampOrNil(_ column: Int32) -> Timestamp? {
        int64OrNil(column).map { Timestamp(milliseconds: $0) }
    }

    /// A row's key.
    func id<Entity>(_ column: Int32) -> RowID<Entity> { RowID(statement.integer(column)) }

    /// A row's key, or nil for NULL.
    func idOrNil<Entity>(_ column: Int32) -> RowID<Entity>? {
        int64OrNil(column).map { RowID($0) }
    }

    /// One of an enum's words.
    ///
    /// - Throws: ``StoreError/corrupt(file:detail:)`` for a word that this Berth does not know.
    func word<Word: RawRepresentable<String>>(
        _ column: Int32
    ) throws(StoreError) -> Word {
        let text = statement.text(column)
        guard let word = Word(rawValue: text) else {
            throw .corrupt(file: statement.file, detail: "unknown \(Word.self) '\(text)'")
        }
        return word
    }
}
