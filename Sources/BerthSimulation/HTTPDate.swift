import BerthLoop

/// Formatting of HTTP dates (RFC 9110, 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    static func text(_ timestamp: Timestamp) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]  // 1970 began on a Thursday
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let iso = timestamp.description
        let day = days[Int(timestamp.seconds / 86400 % 7)]
        let fields = iso.split { !$0.isNumber }
        let month = months[(Int(fields[1]) ?? 1) - 1]
        return
            "\(day), \(fields[2]) \(month) \(fields[0]) \(fields[3]):\(fields[4]):\(fields[5]) GMT"
    }
}
