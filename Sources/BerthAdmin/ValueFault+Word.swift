import BerthCache

extension ValueFault {
    /// The fault's name in reports and metrics.
    var word: String {
        switch self {
        case .notOurs: "not_ours"
        case .damaged: "damaged"
        case .tooLarge: "too_large"
        case .expired: "expired"
        }
    }
}
