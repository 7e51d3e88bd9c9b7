/// A parser of `smaps` that takes pieces of any size and holds one line.
struct MemoryMapParser {
    private let program: String?
    private var map = MemoryMap()
    private var line: [UInt8] = []
    private var mapping: Mapping?
    private var previous: Mapping?
    private var isMalformed = false

    /// The most bytes of a line.
    ///
    /// At most 73 bytes precede a path of at most 4,096 bytes. The rest of a longer line is
    /// dropped.
    private static let mostLine = 4352

    init(program: String?) {
        self.program = program
        line.reserveCapacity(512)
    }

    mutating func read(_ piece: ArraySlice<UInt8>) {
        var rest = piece
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            keep(rest[..<end])
            takeLine()
            rest = rest[(end + 1)...]
        }
        keep(rest)
    }

    /// The map that was read, or nil if the text was no list of mappings.
    mutating func finish() -> MemoryMap? {
        takeMapping()
        guard !isMalformed, previous != nil else { return nil }
        return map
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        line += bytes.prefix(MemoryMapParser.mostLine - line.count)
    }

    private mutating func takeLine() {
        defer { line.removeAll(keepingCapacity: true) }
        guard let first = line.first else { return }
        // Fields begin with a capital letter, and mappings with a lower-case hexadecimal digit.
        if !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) {
            takeMapping()
            mapping = Mapping(line)
            if mapping == nil { isMalformed = true }
        } else if line.starts(with: Field.resident) {
            let resident = kibibytes(after: Field.resident)
            mapping?.resident = resident
        } else if line.starts(with: Field.anonymous) {
            let anonymous = kibibytes(after: Field.anonymous)
            mapping?.anonymous = anonymous
        } else if line.starts(with: Field.flags) {
            mapping?.takeFlags(line.dropFirst(Field.flags.count))
        }
    }

    private enum Field {
        static let resident = Array("Rss:".utf8)
        static let anonymous = Array("Anonymous:".utf8)
        static let flags = Array("VmFlags:".utf8)
    }

    /// The size in a field's line.
    ///
    /// A missing number, or one of 2^40 kB or more, is malformed.
    private mutating func kibibytes(after name: [UInt8]) -> ByteCount {
        var number = 0
        var hasDigits = false
        for byte in line.dropFirst(name.count).drop(while: { $0 == UInt8(ascii: " ") }) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), number < 1 << 40 else {
                break
            }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
            hasDigits = true
        }
        if !hasDigits || number >= 1 << 40 {
            isMalformed = true
            return .zero
        }
        return .kibibytes(number)
    }

    // MARK: Adding up

    private mutating func takeMapping() {
        guard var mapping else { return }
        mapping.place(after: previous)
        let written = min(mapping.anonymous, mapping.resident)
        map.resident += mapping.resident
        switch mapping.kind {
        case .file(let path):
            map.data += written
            let clean = mapping.resident - written
            if path == program { map.program += clean } else { map.libraries += clean }
        case .variables: map.data += mapping.resident
        case .heap: map.heap += mapping.resident
        case .stack: map.stacks += mapping.resident
        case .kernel: map.kernel += mapping.resident
        case .anonymous, .guardPage: map.anonymous += mapping.resident
        }
        previous = mapping
        self.mapping = nil
    }
}
