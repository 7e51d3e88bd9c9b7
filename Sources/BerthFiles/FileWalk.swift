import BerthStore

/// A walk over all contents in the folder `files`, which reads a bounded number of names at a time.
struct FileWalk {
    private let root: String
    private var tenants: ArraySlice<Tenant.ID>
    private var current: (tenant: Tenant.ID, reader: FolderReader)?

    /// Begins with the first tenant's folder.
    init(_ root: String) {
        self.root = root
        tenants =
            FolderReader.names(in: root).compactMap(FileName.tenant(ofFolder:))
            .sorted { $0.value < $1.value }[...]
    }

    /// The next names, at most `limit`.
    ///
    /// None at the end.
    ///
    /// Files whose names are not Berth's are left out.
    mutating func next(_ limit: Int) -> [FileName] {
        var names: [FileName] = []
        while names.count < limit {
            if current == nil {
                guard let tenant = tenants.popFirst() else { break }
                let folder = "\(root)/\(FileName.folder(of: tenant))"
                current = FolderReader(folder).map { (tenant, $0) }
                continue
            }
            guard let (tenant, reader) = current, let text = reader.next() else {
                current = nil
                continue
            }
            if let name = FileName(tenant: tenant, text: text) { names.append(name) }
        }
        return names
    }
}
