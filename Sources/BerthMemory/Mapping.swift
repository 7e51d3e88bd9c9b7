/// One mapping of `smaps`, and its use, as far as its fields and its neighbour show it.
struct Mapping {
    /// The use of a mapping.
    enum Kind: Equatable {
        case file(String)
        /// Zero-initialised variables, directly after their file.
        case variables
        case heap
        case stack
        case kernel
        /// A mapping without access rights, such as the one before a stack.
        case guardPage
        case anonymous
    }

    /// The address of the first byte.
    let start: UInt
    /// The address after the last byte.
    let end: UInt
    var resident = ByteCount.zero
    var anonymous = ByteCount.zero
    private(set) var kind: Kind
    private let isNamed: Bool
    private let isWritable: Bool
    private var isUnreserved = false
    private var isStack = false

    /// The size in bytes from which malloc maps a block on its own (see ``Allocator/configure()``).
    private static let mappedBlock: UInt = 128 << 10
    /// The alignment in bytes of glibc's arenas, except the first.
    private static let arenaAlignment: UInt = 64 << 20
    /// The largest guard in bytes.
    ///
    /// glibc makes it one page unless a program asks for more.
    private static let mostGuard: UInt = 64 << 10

    /// Reads a line `start-end rights offset device inode   name`, or fails for any other line.
    init?(_ line: [UInt8]) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
        guard words.count >= 5, words[1].count == 4 else { return nil }
        let range = words[0].split(separator: UInt8(ascii: "-"))
        guard range.count == 2, let start = Mapping.address(range[0]),
            let end = Mapping.address(range[1]), start < end
        else { return nil }
        self.start = start
        self.end = end
        isWritable = words[1].elementsEqual("rw-p".utf8)
        let name = words.count < 6 ? [] : words[5].drop { $0 == UInt8(ascii: " ") }
        isNamed = !name.isEmpty
        kind = Mapping.kind(
            name: String(decoding: name, as: UTF8.self),
            hasRights: !words[1].starts(with: Array("---".utf8))
        )
    }

    private static func address(_ digits: ArraySlice<UInt8>) -> UInt? {
        UInt(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private static func kind(name: String, hasRights: Bool) -> Kind {
        if name.hasPrefix("/") { return .file(name) }
        if name == "[heap]" || name.hasPrefix("[anon: glibc: malloc") { return .heap }
        if name.hasPrefix("[stack") || name.hasPrefix("[anon: glibc: pthread stack") {
            return .stack
        }
        if name.isEmpty { return hasRights ? .anonymous : .guardPage }
        if name.hasPrefix("[anon") { return .anonymous }
        return .kernel
    }

    /// Reads flags such as ` rd wr mr mw me nr`.
    ///
    /// `nr` marks memory without a reservation, such as malloc's arenas. `nh` marks a mapping made
    /// for a stack, since Linux 6.7.
    mutating func takeFlags(_ flags: ArraySlice<UInt8>) {
        let flags = flags.split(separator: UInt8(ascii: " "))
        isUnreserved = flags.contains { $0.elementsEqual("nr".utf8) }
        isStack = flags.contains { $0.elementsEqual("nh".utf8) }
    }

    /// Decides the use of a mapping without a name from its flags and the mapping before it.
    mutating func place(after previous: Mapping?) {
        guard kind == .anonymous, !isNamed else { return }
        let neighbour = previous.flatMap { $0.end == start ? $0 : nil }
        if isStack || neighbour?.isGuard == true {
            kind = .stack
        } else if isArena {
            kind = .heap
        } else if neighbour?.isVariables == true {
            kind = .variables
        } else if end - start >= Mapping.mappedBlock {
            kind = .heap
        }
    }

    private var isGuard: Bool { kind == .guardPage && end - start <= Mapping.mostGuard }

    private var isArena: Bool { isUnreserved && start.isMultiple(of: Mapping.arenaAlignment) }

    private var isVariables: Bool {
        if case .file = kind { isWritable } else { false }
    }
}
