/// Arguments of `berth usage`.
struct UsageChoices: Equatable {
    /// The number of days including today, 1 to 366.
    var days = 1
    /// Whether the days of this calendar month are shown instead.
    var isMonth = false
    /// Whether to print comma-separated values instead of a table.
    var isCSV = false
}
