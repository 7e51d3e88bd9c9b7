import BerthConfig

extension Quotas {
    /// Each quota as a text that `quota set` takes.
    var texts: [String: String] {
        Dictionary(uniqueKeysWithValues: QuotaKey.allCases.map { ($0.rawValue, $0.text(self[$0])) })
    }
}
