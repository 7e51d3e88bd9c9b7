/// The files that turns refer to.
///
/// The triggers of `turn_file` count them in `file.uses`.
extension Connection {
    func addFiles(
        _ files: [TurnPicture],
        to turn: Turn.ID,
        as role: TurnPicture.Role
    ) throws(StoreError) {
        for (index, file) in files.enumerated() {
            try run(
                """
                INSERT INTO turn_file (turn, role, ordinal, file, thumbnail, width, height)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                turn,
                role,
                index + 1,
                file.file,
                file.thumbnail,
                file.width,
                file.height
            )
        }
    }

    /// Takes the pictures of an answer away, because the turn is answered again.
    func removePictures(of turn: Turn.ID) throws(StoreError) {
        try run("DELETE FROM turn_file WHERE turn = ? AND role = 'picture'", turn)
    }

    /// Reads a turn with its files.
    func turn(_ row: borrowing Row) throws(StoreError) -> Turn {
        var turn = try Turn(row)
        if row.bool(20) { (turn.inputs, turn.pictures, turn.wholeText) = try files(of: turn.id) }
        return turn
    }

    /// The pictures that came with a turn's message, those of its answer, and the file with the whole
    /// text of the message.
    func files(
        of turn: Turn.ID
    ) throws(StoreError) -> (inputs: [TurnPicture], pictures: [TurnPicture], text: TurnPicture?) {
        var files: (inputs: [TurnPicture], pictures: [TurnPicture], text: TurnPicture?)
        files = ([], [], nil)
        try forEach(
            """
            SELECT turn_file.file, thumbnail, width, height, file.kind, coalesce(file.bytes, 0), role
            FROM turn_file LEFT JOIN file ON file.id = turn_file.file
            WHERE turn = ? ORDER BY role, ordinal
            """,
            turn
        ) { row throws(StoreError) in
            var file = TurnPicture(
                file: row.text(0),
                thumbnail: row.textOrNil(1),
                width: row.int(2),
                height: row.int(3)
            )
            file.kind = row.textOrNil(4)
            file.bytes = row.int(5)
            switch try row.word(6) as TurnPicture.Role {
            case .input: files.inputs.append(file)
            case .picture: files.pictures.append(file)
            case .text: files.text = file
            }
            return true
        }
        return files
    }

    /// The thumbnails of a file that nothing else uses.
    func thumbnails(of file: String) throws(StoreError) -> [String] {
        try all(
            """
            SELECT thumbnail FROM turn_file WHERE file = ? AND thumbnail IS NOT NULL
            GROUP BY thumbnail HAVING count(*) >= (SELECT uses FROM file WHERE id = thumbnail)
            """,
            file
        ) { row throws(StoreError) in row.text(0) }
    }
}
