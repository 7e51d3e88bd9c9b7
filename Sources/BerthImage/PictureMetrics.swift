import BerthLoop
import BerthTelemetry

/// The counts of conversions.
@Loop struct PictureMetrics {
    /// Conversions by how they ended.
    let conversions: Counter
    /// The time of a conversion on its thread, with the picture's arrival.
    let time: Histogram

    /// Makes the families, of which some are read from the places.
    init(_ metrics: Metrics, _ places: PicturePlaces) {
        conversions = metrics.counter(
            "berth_pictures_total",
            help: "Conversions of pictures by how they ended.",
            label: "outcome",
            values: ["done", "refused", "failed", "cancelled"]
        )
        time = metrics.histogram(
            "berth_picture_seconds",
            help: "Time of a picture's conversion, with its arrival.",
            buckets: Metrics.latencyBuckets
        )
        metrics.gauge(
            "berth_pictures",
            help: "Pictures that are converted, and that wait for it.",
            label: "state",
            values: ["running", "waiting"]
        ) { Double($0 == "running" ? places.running : places.waiting) }
    }

    /// Counts an end.
    func count(_ error: PictureError?) {
        let outcome =
            switch error {
            case nil: "done"
            case .cancelled: "cancelled"
            case .notRead, .notWritten, .noLibrary, .notEncoded, .sourceFailed, .outOfTime: "failed"
            default: "refused"
            }
        conversions.add(1, outcome)
    }
}
