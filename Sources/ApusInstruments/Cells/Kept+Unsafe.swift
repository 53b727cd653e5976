/// A reference to an object that its holder keeps alive by another reference beside this one.
///
/// To use it counts no references: a count that many threads change is a line of memory that they wait for.
@safe struct Kept<Object: AnyObject & Sendable>: @unchecked Sendable {
    // Safe: whoever makes one holds the object for as long as it holds this.
    private let reference: Unmanaged<Object>

    init(_ object: Object) { unsafe reference = Unmanaged.passUnretained(object) }

    /// Keeps the object for as long as the process runs.
    init(forever object: Object) { unsafe reference = Unmanaged.passRetained(object) }

    @inline(__always)
    func use<Result>(_ body: (Object) -> Result) -> Result { unsafe reference._withUnsafeGuaranteedRef { body($0) } }
}
