import BerthText
import Testing

/// Keys in COSE's form and signatures that Python's `cryptography` made.
@Suite struct SigningKeyTests {
    private static let message = Array("what an authenticator signs".utf8)
    private static let es256 = (
        key: "a50102032620012158207ab3bbe70efccad9c2784254938bb62b58ecb2164b279302c567"
            + "6979afeb43f2225820ad65ad45ade502e41c7df4e3caec2fb04dcb4056274a53fd1a4830"
            + "1ad7e6114b",
        signature: "3045022100babcd3da0721ee12c3f5e6d4b98c8c8e0c663f5dd30deabe491e963d86f00b"
            + "a80220554108bf247f40f1d79c2de87720f47cefafb34f26b6e298576bd574390f0441"
    )
    private static let rs256 = (
        key: "a401030339010020590100e2e593bda58b4d512a4c816716ac44b0923822f5cd1ba7ceb6"
            + "43dedf08a04e9209dd8a91794a00eb0c78ff2adba5254facb8fadc48e87b792cd35d6fa7"
            + "062ed76765f8e458a42e6fc9a3e25498a634c0bf28f57be9a57fabc3b112203052505df4"
            + "807e1fc75d2c37ad2e8b78891725f0288e7bc6fde7be9391d1b8d699cbe3d8ab316141ad"
            + "fdedd9016ff17a190c1613551a2f239b5d3c8ddc10e45c881dcfe4d4945a66b5612a5e7d"
            + "244693f860bfe565d1d7594a40a1b4bd9de82b5b23504e36a7c1d9a0999892f61eb66822"
            + "20edf455ca543d86e246db74d5efe0e526efdf91bcbfc4813b7b18c86e9e3cb9945f4d12"
            + "326f9332e651bab149e1f9654ece412143010001",
        signature: "ce28ed905f253224f9601f4ff82bbac6e52c4ba4e9558ad579087a3b2f1cda46fc3af3fb"
            + "49c2b6dec060c8949e08bf91c2b7b1bd8d6975b09258e6848d9e1ddf304ec36ae24e3769"
            + "4103bdb8618373c24ee4b5860d454f6318c06c379427ecbfdb52e3e9a0f3bc590c34b4d9"
            + "d55847624e64e720ddb8ba5e89b13d7db8c20314d5ecfcfbd24346e7c1636446eb9fa86f"
            + "c88ca1d01ef7b3a36dd13ee5952ad18b42e7b06194036b26f5e3e0c768f0e8194414602c"
            + "8da275bdc8900b8b8047381181a813fd07e23bb035d1d9ba52e8fd76060847a3befc5ad2"
            + "1fa81863ede8b264d71858d14fb6cb93d3540e38c25a64daddcbb97ddb91f1250f22693f"
            + "ca542c49"
    )

    private static func signed() throws -> [(key: [UInt8], signature: [UInt8])] {
        let own = try #require(Ed25519Key(seed: [UInt8](repeating: 7, count: 32)))
        let ed25519 = [0xA4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20] + own.publicKey
        return [(ed25519, own.sign(message))]
            + (try [es256, rs256].map { vector in
                (
                    try #require([UInt8](hex: vector.key)),
                    try #require([UInt8](hex: vector.signature))
                )
            })
    }

    @Test func `signatures of all three algorithms are verified`() throws {
        for (bytes, signature) in try Self.signed() {
            let key = try #require(CBOR(bytes).flatMap { SigningKey(cose: $0) })
            #expect(key.verifies(signature, of: Self.message))
            #expect(!key.verifies(signature, of: Self.message + [0]))
            #expect(!key.verifies([], of: Self.message))
        }
    }

    @Test func `a changed signature is refused at every byte`() throws {
        for (bytes, signature) in try Self.signed() {
            let key = try #require(CBOR(bytes).flatMap { SigningKey(cose: $0) })
            for index in signature.indices {
                var changed = signature
                changed[index] ^= 1
                #expect(!key.verifies(changed, of: Self.message), "byte \(index)")
                #expect(!key.verifies(Array(signature[..<index]), of: Self.message))
            }
        }
    }

    @Test func `a changed key is refused or another one, at every byte`() throws {
        for (bytes, signature) in try Self.signed() {
            for index in bytes.indices {
                for flip in [1, 0x80, 0xFF] as [UInt8] {
                    var changed = bytes
                    changed[index] ^= flip
                    let key = CBOR(changed).flatMap { SigningKey(cose: $0) }
                    let isTaken = key?.verifies(signature, of: Self.message)
                    #expect(isTaken != true, "byte \(index)")
                }
                #expect(CBOR(Array(bytes[..<index])) == nil)
            }
        }
    }

    @Test(
        arguments: [
            (2, -7, 2, 32), (2, -7, 1, 31), (2, -7, 1, 33), (2, -257, 1, 32), (1, -7, 6, 32),
            (1, -8, 7, 32), (1, -8, 6, 31), (3, -257, 1, 255), (3, -257, 1, 513), (3, -37, 1, 256),
            (9, -7, 1, 32),
        ] as [(Int64, Int64, Int64, Int)]
    )
    func `a key of another kind or length is none`(
        type: Int64,
        algorithm: Int64,
        curve: Int64,
        length: Int
    ) {
        let bytes = CBOR.bytes([UInt8](repeating: 0x41, count: length))
        let pairs: [(Int64, CBOR)] = [
            (1, .integer(type)), (3, .integer(algorithm)),
            (-1, type == 3 ? bytes : .integer(curve)),
            (-2, type == 3 ? .bytes([1, 0, 1]) : bytes), (-3, bytes),
        ]
        let map = CBOR.map(pairs.map { CBOR.Pair(key: .integer($0.0), value: $0.1) })
        #expect(SigningKey(cose: map) == nil)
    }
}
