/// What the service remembers over a restart though nothing is lost without it, one value each.
package enum Kept: String, Bindable, Sendable {
    /// The names that the response cache is asked for most.
    case hotSet = "hot_set"
}

extension Connection {
    /// Keeps `value` in the place of what was kept under that name.
    package func keep(_ value: [UInt8], as kept: Kept) throws(StoreError) {
        try run(
            "INSERT INTO kept VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            kept,
            value
        )
    }

    /// What is kept under that name; nil: nothing yet.
    package func kept(_ kept: Kept) throws(StoreError) -> [UInt8]? {
        try first("SELECT value FROM kept WHERE name = ?", kept) { row throws(StoreError) in
            row.bytes(0)
        }
    }
}
