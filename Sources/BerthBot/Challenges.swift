import BerthLoop
import BerthStore
import BerthTelemetry
import BerthText

/// The challenges that authenticators sign, each for one purpose, for two minutes, once.
///
/// A challenge has its end and a code in it, so one that is not used takes no memory, and a flood of
/// questions for new ones displaces none.
@Loop struct Challenges {
    private let key: [UInt8]
    private let surroundings: Surroundings
    /// The ends of the used challenges that have not expired.
    private var used: [String: Timestamp] = [:]

    private static let life = Duration.seconds(120)
    /// Used challenges that are remembered.
    static nonisolated let most = 4096

    init(in surroundings: Surroundings) {
        self.surroundings = surroundings
        key = surroundings.entropy.secret(32)
    }

    /// A new challenge in base64url, for a registration of `tenant`, or for a login if it is nil.
    func make(for tenant: Tenant.ID?) -> String {
        let end = surroundings.clock.timestamp + Challenges.life
        let text = "\(surroundings.entropy.secret(16).hex).\(end.milliseconds)"
        return Array((text + "." + code(of: text, tenant)).utf8).base64url
    }

    /// Whether a challenge was made for this purpose, has not expired and was not used.
    func isOpen(_ challenge: String, for tenant: Tenant.ID?) -> Bool {
        end(of: challenge, tenant).map { $0 > surroundings.clock.timestamp } == true
            && used[challenge] == nil
    }

    /// Uses a challenge up.
    ///
    /// - Returns: false if it is not open.
    mutating func use(_ challenge: String, for tenant: Tenant.ID?) -> Bool {
        guard isOpen(challenge, for: tenant), let end = end(of: challenge, tenant) else {
            return false
        }
        let now = surroundings.clock.timestamp
        if used.count >= Challenges.most { used = used.filter { $0.value > now } }
        guard used.count < Challenges.most else { return false }
        used[challenge] = end
        return true
    }

    /// The end of a challenge that was made for this purpose, or nil for any other text.
    private func end(of challenge: String, _ tenant: Tenant.ID?) -> Timestamp? {
        guard challenge.utf8.count <= 256, let bytes = [UInt8](base64: challenge) else {
            return nil
        }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let end = Int64(String(decoding: parts[1], as: UTF8.self)) else {
            return nil
        }
        let text = String(decoding: parts[0] + [UInt8(ascii: ".")] + parts[1], as: UTF8.self)
        // The whole challenge is compared: base64 has several forms of the same bytes.
        let own = Array((text + "." + code(of: text, tenant)).utf8).base64url
        guard Secret256.isSame(Array(own.utf8), Array(challenge.utf8)) else { return nil }
        return Timestamp(milliseconds: end)
    }

    private func code(of text: String, _ tenant: Tenant.ID?) -> String {
        MessageCode.of("\(text) \(tenant.map { "\($0)" } ?? "login")", key: key).hex
    }
}
