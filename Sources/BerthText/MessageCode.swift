import COpenSSL

/// HMAC-SHA256, by which a text that a client sends back is recognised as Berth's own.
package enum MessageCode {
    /// The 32 bytes of the code of `text` under `key`.
    package static func of(_ text: String, key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var size: UInt32 = 0
        let text = Array(text.utf8)
        let result = unsafe HMAC(
            EVP_sha256(),
            key,
            Int32(clamping: key.count),
            text,
            text.count,
            &code,
            &size
        )
        precondition(unsafe result != nil && size == 32, "HMAC failed: libcrypto has no memory")
        return code
    }
}
