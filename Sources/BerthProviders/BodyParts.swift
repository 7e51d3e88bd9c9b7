/// A body that arrives in pieces of any size, in parts that are joined at its end.
///
/// Growing one large array would copy all of it on the loop.
struct BodyParts: Sendable {
    private var parts: [[UInt8]] = []
    /// The bytes so far.
    private(set) var count = 0

    /// The most bytes that a part grows to.
    private static let mostOfPart = 64 << 10

    /// Adds the next piece.
    mutating func add(_ piece: [UInt8]) {
        count += piece.count
        if let last = parts.indices.last, parts[last].count + piece.count <= BodyParts.mostOfPart {
            parts[last] += piece
        } else {
            parts.append(piece)
        }
    }

    /// The whole body.
    var joined: [UInt8] {
        if parts.count == 1 { return parts[0] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for part in parts { bytes += part }
        return bytes
    }
}
