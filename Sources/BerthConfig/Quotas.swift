package import BerthMemory

/// The limits of one tenant.
///
/// A tenant without quotas of its own has the configuration's.
package struct Quotas: Equatable, Sendable {
    /// Requests from midnight to midnight in the configured time zone.
    package var requestsPerDay = 200
    /// Tokens in and out in the same time.
    package var tokensPerDay = 200_000
    /// Pictures made in the same time.
    package var imagesPerDay = 20
    /// Dollars from the month's first midnight in the configured time zone.
    package var spendPerMonth = Money(micros: 5_000_000)
    /// The largest amount of memory that the tenant's work may hold at once.
    package var memory = ByteCount.mebibytes(16)
    /// The largest total size of the tenant's files.
    package var disk = ByteCount.mebibytes(256)
    /// The largest number of files.
    package var files = 500

    /// Makes the built-in defaults.
    package init() {}

    /// A quota as the database stores it: a count, bytes or millionths of a dollar.
    package subscript(key: QuotaKey) -> Int64 {
        get {
            switch key {
            case .requestsPerDay: Int64(requestsPerDay)
            case .tokensPerDay: Int64(tokensPerDay)
            case .imagesPerDay: Int64(imagesPerDay)
            case .spendPerMonth: spendPerMonth.micros
            case .memory: Int64(memory.bytes)
            case .disk: Int64(disk.bytes)
            case .files: Int64(files)
            }
        }
        set {
            switch key {
            case .requestsPerDay: requestsPerDay = Int(newValue)
            case .tokensPerDay: tokensPerDay = Int(newValue)
            case .imagesPerDay: imagesPerDay = Int(newValue)
            case .spendPerMonth: spendPerMonth = Money(micros: newValue)
            case .memory: memory = ByteCount(Int(newValue))
            case .disk: disk = ByteCount(Int(newValue))
            case .files: files = Int(newValue)
            }
        }
    }
}
