import BerthConfig

extension Verb {
    private static let tenantOption = Option(
        name: "--tenant",
        value: "NAME",
        summary: "only this tenant's files"
    )

    /// `berth files` and `berth cleanup`.
    static let files = [
        Verb(
            words: ["files"],
            options: [tenantOption],
            summary: "Show how many files each tenant has, their size, age and quota.",
            details: "The last line has the room on the disk of the data folder.",
            example: "berth files --tenant anna"
        ) { given in .files(given.text("--tenant")) },
        Verb(
            words: ["cleanup"],
            options: [
                Option(
                    name: "--apply",
                    value: nil,
                    summary: "delete the files; without it nothing is deleted"
                ),
                tenantOption,
                Option(
                    name: "--older-than",
                    value: "TIME",
                    summary: "files that were not used for this time, such as 7d "
                        + "(default: files.keep)"
                ),
            ],
            summary: "Show which files would be deleted and why, or delete them.",
            details:
                "Deletes files that were not used for files.keep, files whose conversation was "
                + "deleted, files that no message took for a day, files that the database does not "
                + "know, and, while Berth uses more than files.high_water of the room that it can "
                + "have, those that were used longest ago. With --tenant the water mark is not "
                + "looked at. The service does the same by itself. The exit status is 1 if a file "
                + "could not be deleted.",
            example: "berth cleanup --older-than 7d"
        ) { given throws(UsageError) in
            let time = given.text("--older-than")
            if let time, Units.duration(time) == nil {
                throw given.error(
                    "--older-than: \(Quote.value(time)) is not a time such as 12h or 7d"
                )
            }
            return .cleanup(
                CleanupChoices(
                    apply: given.has("--apply"),
                    tenant: given.text("--tenant"),
                    olderThan: time
                )
            )
        },
    ]
}
