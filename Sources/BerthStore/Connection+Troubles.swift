import BerthLoop

extension Connection {
    func troubles(since start: Timestamp, limit: Int) throws(StoreError) -> [Trouble] {
        try all(
            """
            SELECT public_id, id, tenant, state, why, model, attempts, finished_ms AS ended,
                NULL AS channel, NULL AS chat, NULL AS topic
            FROM turn WHERE state = 'failed' AND finished_ms >= ?1
            UNION ALL
            SELECT public_id, id, tenant, state, why, model, attempts, finished_ms,
                NULL, NULL, NULL
            FROM turn WHERE state = 'uncertain' AND finished_ms >= ?1
            UNION ALL
            SELECT NULL, id, tenant, state, NULL, provider || '/' || model, 1, settled_ms,
                NULL, NULL, NULL
            FROM call WHERE state = 'uncertain' AND turn IS NULL AND settled_ms >= ?1
            UNION ALL
            SELECT NULL, id, tenant, state, error, NULL, attempts, finished_ms,
                channel, chat, topic
            FROM outbox WHERE state = 'failed' AND finished_ms >= ?1
            ORDER BY ended DESC, id DESC LIMIT ?2
            """,
            start,
            max(0, limit)
        ) { row throws(StoreError) in try Trouble(row) }
    }

    func troubleCounts(since start: Timestamp) throws(StoreError) -> TroubleCounts {
        try first(
            """
            SELECT (SELECT count(*) FROM turn WHERE state = 'failed' AND finished_ms >= ?1),
                (SELECT count(*) FROM call WHERE state = 'uncertain' AND settled_ms >= ?1),
                (SELECT count(*) FROM outbox WHERE state = 'failed' AND finished_ms >= ?1),
                (SELECT count(*) FROM call WHERE state = 'absorbed' AND settled_ms >= ?1),
                (SELECT total(micros) FROM call WHERE state = 'absorbed' AND settled_ms >= ?1),
                (SELECT total(unsure) FROM outbox WHERE unsure > 0 AND created_ms >= ?1)
            """,
            start
        ) { row throws(StoreError) in
            TroubleCounts(
                failedTurns: row.int(0),
                uncertainCalls: row.int(1),
                failedParts: row.int(2),
                absorbedCalls: row.int(3),
                absorbedMicros: Int64(row.int(4)),
                unsureParts: row.int(5)
            )
        }
            ?? TroubleCounts(
                failedTurns: 0,
                uncertainCalls: 0,
                failedParts: 0,
                absorbedCalls: 0,
                absorbedMicros: 0,
                unsureParts: 0
            )
    }
}
