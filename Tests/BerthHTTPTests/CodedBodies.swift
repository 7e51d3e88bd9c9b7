import FoundationEssentials

/// Bodies in the codings of HTTP, each of which decodes to ``text``.
enum CodedBodies {
    static let text =
        #"{"choices":[{"index":0,"message":{"role":"assistant","content":"packed"},"finish_reason":"stop"}]}"#

    static let gzip = bytes(
        "H4sIAAAAAAACAw3JMQrEMAxE0btM7SK1r7KEIBwlEdmVTMbFgvHd4+o/+B3lCitK5E+H+a5/5CXhp6Sc"
            + "itzxxHcWQhqbeENCCW86lVGl3LpjJBzmxmt7VBg+D1tUjHW8yozS9GIAAAA="
    )
    static let deflate = bytes(
        "eJwNyTEKxDAMRNG7TO0ita+yhCAcJRHZlUzGxYLx3ePqP/gd5QorSuRPh/muf+Ql4aeknIrc8cR3FkIa"
            + "m3hDQglvOpVRpdy6YyQc5sZre1QYPg9bVIx1vHtEIg0="
    )
    static let rawDeflate = bytes(
        "DckxCsQwDETRu0ztIrWvsoQgHCUR2ZVMxsWC8d3j6j/4HeUKK0rkT4f5rn/kJeGnpJyK3PHEdxZCGpt4"
            + "Q0IJbzqVUaXcumMkHObGa3tUGD4PW1SMdbw="
    )
    static let zstd = bytes(
        "KLUv/QRYlQIAIoYTGJApLQZTV2rRIvi6xS+JwK+qkxnJk/spAYkg+cjVaUwtQwaGHh7hklyYwdQxvWiL"
            + "aS4v1uqp1rQdEvnQVihVQ1wAdMIKvE+AVjOXhvkEABwzDz0="
    )
    static let brotli = bytes(
        "G2EAYBwHdiyzjSCYdraHWmRvC2brsHT1bZEvsrJuY2Nf+S7BI0TQjV7gNnxeVXCU83DL030sjiFrGyBL"
            + "wgGf93nujEEJqEHQDg=="
    )
    /// 16 MiB of one letter in zstd.
    static let bomb = bytes(
        "KLUv/QRYVAAAEGFhAQD7/znAAgIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGEC"
            + "ABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGEC"
            + "ABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGEC"
            + "ABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGEC"
            + "ABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYUQAAAABAP3/zQsQAgAQYQIAEGECABBhAgAQYQIA"
            + "EGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIA"
            + "EGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIA"
            + "EGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIA"
            + "EGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAgAQYQIAEGECABBhAQAAFNTd"
            + "4Q=="
    )
    /// 16 MiB of one letter in Brotli, with a window of 4 MiB.
    static let brotliBomb = bytes("y///PwAkwuKxQHLv//j//weABEAcFoDu/d8=")
    /// The same with a window of 16 MiB.
    static let wideBomb = bytes("z///fwAkwuKxQHLv/wc=")

    private static func bytes(_ base64: String) -> [UInt8] {
        Data(base64Encoded: base64).map(Array.init) ?? []
    }
}
