import BerthConfig
import BerthFiles
import BerthMemory

extension Doctor {
    /// The room on the disk of the data folder, the water marks and the ballast.
    ///
    /// Nothing if there is no data folder yet.
    static func disk(_ configuration: Configuration) -> [Finding] {
        guard let figures = DiskFigures.survey(configuration.data) else { return [] }
        return [room(figures, configuration.files), ballast(figures, configuration.files)]
    }

    nonisolated static func room(_ figures: DiskFigures, _ settings: Configuration.Files) -> Finding
    {
        let words =
            "Berth uses \(figures.own), \(figures.percent)% of the room that it can have; "
            + "\(figures.available) are free (files.high_water \(settings.highWaterPercent)%, "
            + "files.low_water \(settings.lowWaterPercent)%)"
        if figures.isShort {
            return Finding(
                check: "disk",
                ok: false,
                says: words + ": it is full, and requests fail: make room on it"
            )
        }
        let isHigh = figures.percent >= settings.highWaterPercent
        let advice = ": see 'berth cleanup', or give the data folder more room"
        return Finding(check: "disk", ok: !isHigh, says: words + (isHigh ? advice : ""))
    }

    nonisolated static func ballast(_ figures: DiskFigures, _ settings: Configuration.Files)
        -> Finding
    {
        let wanted = figures.ballastSize(settings.ballast)
        guard settings.ballast > .zero else {
            return Finding(check: "ballast", ok: true, says: "none (files.ballast is 0)")
        }
        guard figures.ballast == .zero else {
            return Finding(check: "ballast", ok: true, says: "\(figures.ballast)")
        }
        guard figures.hasRoom(forBallast: wanted) else {
            return Finding(
                check: "ballast",
                ok: false,
                says: "there is no room for its \(wanted): a full disk would stop the database"
            )
        }
        return Finding(check: "ballast", ok: true, says: "none yet: serve makes it")
    }
}
