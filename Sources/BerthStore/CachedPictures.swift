/// Pictures that were made for a tenant before, in their order.
package struct CachedPictures: Equatable, Sendable {
    /// One picture.
    package struct One: Equatable, Sendable {
        /// The picture.
        package let file: StoredFile
        /// Its thumbnail, or nil if it has none.
        package let thumbnail: StoredFile?
        /// In pixels.
        package let width: Int
        /// In pixels.
        package let height: Int
    }

    /// The tenant whose files they are.
    package let tenant: Tenant.ID
    /// The model that made them, `provider/model`.
    package let model: String
    /// The pictures, at least one.
    package let pictures: [One]
}
