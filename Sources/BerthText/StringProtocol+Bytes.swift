import Glibc

extension StringProtocol {
    /// Whether the text has the same bytes as another one.
    ///
    /// `==` compares characters in their normal form, in a time that grows with the square of the
    /// marks in one of them. Text of any length from outside is compared with this function alone.
    package func hasBytes(of other: some StringProtocol) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let isSame = utf8.withContiguousStorageIfAvailable { one in
            other.utf8.withContiguousStorageIfAvailable { other in
                guard let one = one.baseAddress, let start = other.baseAddress else { return true }
                return unsafe memcmp(one, start, other.count) == 0
            }
        }
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}

extension String? {
    /// Whether both are nil or have the same bytes.
    package func hasBytes(of other: String?) -> Bool {
        guard let self, let other else { return self == nil && other == nil }
        return self.hasBytes(of: other)
    }
}
