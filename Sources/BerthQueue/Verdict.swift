/// The meaning of a call's end for a breaker, as an event for a probe and one for any other call.
struct Verdict {
    /// The event if the call is no probe of the breaker; nil if it means nothing.
    let event: BreakerEvent?
    /// The event if it is one.
    let probe: BreakerEvent?

    init(_ event: BreakerEvent?, probe: BreakerEvent?) {
        self.event = event
        self.probe = probe
    }

    /// The verdict that concerns probes alone.
    static func probing(_ event: BreakerEvent) -> Verdict { Verdict(nil, probe: event) }

    /// The provider was reached.
    static let reached = Verdict(.reached, probe: .probeSucceeded)

    /// The call failed, perhaps by its tenant's fault.
    static func failed(by call: Permit.Call) -> Verdict {
        Verdict(
            .failed(.call(call.mark, tenant: call.tenant)),
            probe: .probeFailed(tenant: call.tenant)
        )
    }

    /// The call found no connection.
    static func unreachable(by call: Permit.Call) -> Verdict {
        Verdict(.failed(.connection(call.mark)), probe: .probeFailed(tenant: nil))
    }
}
