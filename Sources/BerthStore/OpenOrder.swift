/// An order of pictures that an earlier run has left open, and whose provider keeps its job.
///
/// No turn waits for it.
package struct OpenOrder: Equatable, Sendable {
    /// The call that has ordered them, which is still reserved.
    package let call: Call
    /// The job in its provider's encoding.
    package let job: String
    /// The name under which its pictures are found again, or nil if they are not.
    package let name: [UInt8]?
    /// The client's name for the request, whose outcome is not kept yet, or nil.
    package let key: IdempotencyKey?
}

extension Connection {
    func openOrders(after last: Call.ID?, limit: Int) throws(StoreError) -> [OpenOrder] {
        let rows = try all(
            """
            SELECT call.id, call.job, call.pictures_name, idempotency.name, idempotency.request
            FROM call LEFT JOIN idempotency
                ON idempotency.call = call.id AND idempotency.status IS NULL
            WHERE call.state = 'reserved' AND call.job IS NOT NULL AND call.id > ?
            ORDER BY call.id LIMIT ?
            """,
            last?.value ?? 0,
            max(0, limit)
        ) { row throws(StoreError) in
            (
                id: row.id(0) as Call.ID, job: row.text(1), name: row.bytesOrNil(2),
                key: row.bytesOrNil(3), request: row.bytesOrNil(4)
            )
        }
        var orders: [OpenOrder] = []
        for row in rows {
            guard let call = try call(row.id) else { continue }
            let key = row.key.flatMap { name in
                row.request.map { IdempotencyKey(name: name, request: $0) }
            }
            orders.append(OpenOrder(call: call, job: row.job, name: row.name, key: key))
        }
        return orders
    }
}
