/// The IP addresses that begin with the same bits, such as `10.0.0.0/8`, or a single address.
struct AddressBlock: Hashable, Sendable {
    let address: IPAddress
    /// The number of equal bits.
    let length: Int

    /// Reads an address, or an address and a prefix length of 0 to 32 (IPv6: 128) bits.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        let bits = 8 * address.bytes.count
        self.address = address
        guard parts.count == 2 else {
            length = bits
            return
        }
        guard parts[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let length = Int(parts[1]),
            length <= bits
        else { return nil }
        self.length = length
    }

    func contains(_ other: IPAddress) -> Bool { address.shares(length, with: other) }
}
