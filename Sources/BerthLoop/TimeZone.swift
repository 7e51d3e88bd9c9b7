import Glibc

/// The process's time zone, which decides where a quota's day and month begin.
package enum TimeZone {
    /// Sets the time zone once at startup, before any other thread reads the clock.
    ///
    /// - Parameter name: a name of the zone database, such as `Europe/Paris`.
    /// - Returns: whether the machine knows the zone. If it does not, nothing is changed.
    package static func use(_ name: String) -> Bool {
        let isPlain = name.allSatisfy { $0.isLetter || $0.isNumber || "/_+-".contains($0) }
        guard isPlain, !name.isEmpty else { return false }
        let known = unsafe name == "UTC" || access("/usr/share/zoneinfo/\(name)", R_OK) == 0
        guard known else { return false }
        unsafe setenv("TZ", name == "UTC" ? "UTC0" : ":\(name)", 1)
        tzset()
        return true
    }
}
