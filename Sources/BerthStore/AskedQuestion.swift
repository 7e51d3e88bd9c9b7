import BerthLoop

/// A question of a tenant, by which the store knows whether it is asked again.
///
/// It is kept for longer than an answer is cached, also after its conversation was deleted, so that
/// nobody is given the same cached answer twice. Its words are not kept.
package struct AskedQuestion: Equatable, Sendable {
    /// The tenant who asks.
    package let tenant: Tenant.ID
    /// A digest of the words.
    package let digest: Int64

    /// A question is forgotten so long after it was asked last.
    package static let lifetime = Duration.seconds(32 * 86_400)

    /// Makes a question.
    package init(of tenant: Tenant.ID, digest: Int64) {
        (self.tenant, self.digest) = (tenant, digest)
    }
}

extension Connection {
    func hasAsked(_ question: AskedQuestion) throws(StoreError) -> Bool {
        try first(
            "SELECT 1 FROM asked WHERE tenant = ? AND question = ?",
            question.tenant,
            question.digest
        ) { _ throws(StoreError) in true } ?? false
    }

    func note(_ question: AskedQuestion, at now: Timestamp) throws(StoreError) {
        try run(
            """
            INSERT INTO asked (tenant, question, asked_ms) VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET asked_ms = ?3
            """,
            question.tenant,
            question.digest,
            now
        )
    }

    /// - Returns: the number of questions that were forgotten.
    func forgetQuestions(limit: Int, at now: Timestamp) throws(StoreError) -> Int {
        try run(
            """
            DELETE FROM asked WHERE (tenant, question) IN (
                SELECT tenant, question FROM asked WHERE asked_ms <= ? LIMIT ?)
            """,
            now + (.zero - AskedQuestion.lifetime),
            limit
        )
    }
}
