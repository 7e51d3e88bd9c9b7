/// Leaves the first frame of a GIF, and counts the others.
struct GIFFilter: PictureFilter {
    private enum State {
        /// The header, a palette, or another part of known length, and then a block.
        case skip(left: Int)
        case header
        case block
        case frame
        case extensionLabel
        case codeSize
        case blocks
        case end
    }

    private let limits: PictureLimits
    private var state = State.header
    private var held: [UInt8] = []
    private var frames = 0

    init(_ limits: PictureLimits) { self.limits = limits }

    mutating func pass(_ bytes: [UInt8], into out: inout [UInt8]) throws(PictureError) {
        for byte in bytes {
            let isPassed = frames <= 1
            if isPassed { out.append(byte) }
            try step(byte)
            // The second frame begins: the first one ends the file.
            if isPassed, frames > 1 { out[out.count - 1] = 0x3B }
        }
    }

    private mutating func step(_ byte: UInt8) throws(PictureError) {
        switch state {
        case .end: break
        case .skip(let left): state = left > 1 ? .skip(left: left - 1) : afterSkip
        case .header:
            held.append(byte)
            if held.count == 13 { skip(GIFHeader.palette(Int(held[10])), then: .block) }
        case .block:
            switch byte {
            case 0x2C:
                frames += 1
                try limits.check(frames: frames)
                state = .frame
            case 0x21: state = .extensionLabel
            case 0x3B: state = .end
            default: throw .broken(.gif)
            }
        case .frame:
            held.append(byte)
            if held.count == 9 { skip(GIFHeader.palette(Int(held[8])), then: .codeSize) }
        case .extensionLabel, .codeSize: state = .blocks
        case .blocks: skip(Int(byte), then: byte == 0 ? .block : .blocks)
        }
    }

    private var afterSkip = State.block

    private mutating func skip(_ count: Int, then next: State) {
        held.removeAll(keepingCapacity: true)
        afterSkip = next
        state = count > 0 ? .skip(left: count) : next
    }
}
