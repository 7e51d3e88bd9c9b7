import CHiredis

/// One answer of Redis in memory of Swift.
enum RedisReply: Equatable, Sendable {
    case status(String)
    case bytes([UInt8])
    case integer(Int64)
    case none
    case array([RedisReply])
    /// The first word of an error, such as `OOM`. The rest may repeat what was sent.
    case error(code: String)

    /// Copies a reply of hiredis, whose memory is freed after its callback.
    @unsafe init(_ reply: UnsafePointer<redisReply>, depth: Int = 0) {
        switch unsafe reply.pointee.type {
        case REDIS_REPLY_STRING: self = unsafe .bytes(RedisReply.bytes(reply))
        case REDIS_REPLY_STATUS:
            self = unsafe .status(String(decoding: RedisReply.bytes(reply), as: UTF8.self))
        case REDIS_REPLY_INTEGER: self = unsafe .integer(reply.pointee.integer)
        case REDIS_REPLY_ERROR: self = unsafe .error(code: RedisReply.code(reply))
        case REDIS_REPLY_ARRAY where depth < RedisReply.deepest:
            self = unsafe .array(RedisReply.elements(reply, depth: depth))
        default: self = .none
        }
    }

    /// The deepest nesting that is read, which exceeds any that the cache needs.
    ///
    /// hiredis stops at 7.
    private static let deepest = 4

    @unsafe private static func elements(
        _ reply: UnsafePointer<redisReply>,
        depth: Int
    ) -> [RedisReply] {
        let count = unsafe reply.pointee.elements
        return (0..<count).map { index in
            guard let element = unsafe berth_redis_element(reply, index) else { return .none }
            return unsafe RedisReply(element, depth: depth + 1)
        }
    }

    @unsafe private static func bytes(_ reply: UnsafePointer<redisReply>) -> [UInt8] {
        guard let text = unsafe reply.pointee.str else { return [] }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: reply.pointee.len))
    }

    /// The code of an error, which is its first word of at most 20 capital letters.
    @unsafe private static func code(_ reply: UnsafePointer<redisReply>) -> String {
        let isCapital = { (byte: UInt8) in (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
        let word = unsafe bytes(reply).prefix(20).prefix(while: isCapital)
        return word.isEmpty ? "ERR" : String(decoding: word, as: UTF8.self)
    }
}
