import BerthLoop

/// Verbs for the names under which pictures are found again.
///
/// A name lasts as long as all of its files.
package protocol PictureCacheStore: Sendable {
    /// The pictures that are kept under a name: the tenant's own, or else those of another tenant.
    ///
    /// - Parameters:
    ///   - name: SHA-256 of everything that makes the pictures, 32 bytes.
    ///   - tenant: the tenant who asks.
    ///   - others: whether pictures of other tenants count.
    /// - Returns: nil if there are none, or if one of them was deleted.
    /// - Throws: ``StoreError``.
    func cachedPictures(
        _ name: [UInt8],
        for tenant: Tenant.ID,
        orOthers others: Bool
    ) async throws(StoreError) -> CachedPictures?

    /// Keeps a tenant's pictures under a name, instead of those that it had.
    ///
    /// - Parameters:
    ///   - name: SHA-256 of everything that makes the pictures, 32 bytes.
    ///   - tenant: the tenant whose files they are.
    ///   - model: the model that made them.
    ///   - pictures: the pictures, with their files of this tenant.
    /// - Returns: false if a file is gone, and nothing is kept.
    /// - Throws: ``StoreError``.
    @discardableResult
    func keepPictures(
        _ name: [UInt8],
        of tenant: Tenant.ID,
        by model: String,
        _ pictures: [TurnPicture]
    ) async throws(StoreError) -> Bool
}

extension Connection {
}

extension Database: PictureCacheStore {
    package nonisolated func cachedPictures(
        _ name: [UInt8],
        for tenant: Tenant.ID,
        orOthers others: Bool
    ) async throws(StoreError) -> CachedPictures? {
        try await read { store throws(StoreError) in
            let owner = try store.first(
                """
                SELECT tenant, model, count FROM picture_cache
                WHERE name = ?1 AND (tenant = ?2 OR ?3)
                GROUP BY tenant HAVING count(*) = max(count)
                ORDER BY tenant <> ?2, tenant LIMIT 1
                """,
                name,
                tenant,
                others
            ) { row throws(StoreError) in (tenant: row.id(0) as Tenant.ID, model: row.text(1)) }
            guard let owner else { return nil }
            let rows = try store.all(
                """
                SELECT file, thumbnail, width, height FROM picture_cache
                WHERE name = ? AND tenant = ? ORDER BY ordinal
                """,
                name,
                owner.tenant
            ) { row throws(StoreError) in
                TurnPicture(
                    file: row.text(0),
                    thumbnail: row.textOrNil(1),
                    width: row.int(2),
                    height: row.int(3)
                )
            }
            var pictures: [CachedPictures.One] = []
            for row in rows {
                guard let file = try store.file(row.file) else { return nil }
                let one = CachedPictures.One(
                    file: file,
                    thumbnail: try row.thumbnail.flatMap { (id) throws(StoreError) in
                        try store.file(id)
                    },
                    width: row.width,
                    height: row.height
                )
                pictures.append(one)
            }
            return CachedPictures(tenant: owner.tenant, model: owner.model, pictures: pictures)
        }
    }

    @discardableResult
    package nonisolated func keepPictures(
        _ name: [UInt8],
        of tenant: Tenant.ID,
        by model: String,
        _ pictures: [TurnPicture]
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            for id in pictures.flatMap({ [$0.file] + ($0.thumbnail.map { [$0] } ?? []) }) {
                guard let file = try store.file(id), file.tenant == tenant else { return false }
            }
            try store.run("DELETE FROM picture_cache WHERE name = ? AND tenant = ?", name, tenant)
            for (index, picture) in pictures.enumerated() {
                try store.run(
                    """
                    INSERT INTO picture_cache
                        (name, tenant, ordinal, count, model, file, thumbnail, width, height)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                    name,
                    tenant,
                    index + 1,
                    pictures.count,
                    model,
                    picture.file,
                    picture.thumbnail,
                    picture.width,
                    picture.height
                )
            }
            return true
        }
    }
}
