/// The connections, and the requests through trusted proxies, that each client address has open.
///
/// The number of connections bounds the number of addresses.
struct HTTPServerAddresses {
    private var held: [String: Int] = [:]
    private let most: Int
    /// The number of connections and requests that were refused.
    private(set) var refused = 0
    /// The address that was refused last.
    private(set) var lastRefused = ""

    init(most: Int) { self.most = most }

    /// Checks whether `address` may open one more, and counts a refusal otherwise.
    ///
    /// - Parameter address: ``HTTPPeer/countedAddress``. A nil address is never refused.
    /// - Returns: whether it may.
    mutating func allows(_ address: String?) -> Bool {
        guard let address, held[address, default: 0] >= most else { return true }
        refused += 1
        lastRefused = address
        return false
    }

    /// Counts one more of `address`.
    mutating func add(_ address: String?) {
        if let address { held[address, default: 0] += 1 }
    }

    /// Ends one that was counted.
    mutating func release(_ address: String?) {
        guard let address, let count = held[address] else { return }
        held[address] = count > 1 ? count - 1 : nil
    }
}
