import BerthConfig
import BerthMemory
import BerthTelemetry

/// Arguments of `berth serve`; nil for the configured value or the log's default.
struct ServeChoices: Equatable {
    var listen: HostPort?
    var format: LogFormat?
    var level: LogLevel?
}
