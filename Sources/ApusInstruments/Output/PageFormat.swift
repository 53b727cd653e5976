/// How the instruments of a registry are written out.
public enum PageFormat: Sendable, Equatable, CaseIterable {
    /// Prometheus's text format, version 0.0.4.
    case text
    /// OpenMetrics 1.0, which has units and exemplars too.
    case openMetrics
    /// `{"families":[{"name","type","help","unit","samples":[{"name","labels","value"}]}]}`; numbers that JSON does not know
    /// are strings: "NaN", "+Inf", "-Inf".
    case json
    /// RFC 4180 with a header: `name,type,unit,labels,value`, labels as on a page of text.
    case csv

    /// What a server answers as `Content-Type`.
    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        case .json: "application/json"
        case .csv: "text/csv; charset=utf-8; header=present"
        }
    }
}
