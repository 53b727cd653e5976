internal import Synchronization

/// Labels as they stand on a page, `a="b",c="d"`: written once when a label set is made, in memory of its own without an
/// array's header, since a service may have a million of them.
@safe struct LabelText: ~Copyable, @unchecked Sendable {
    // Safe to share: the bytes are written before the value is handed out and never again; freed with the only owner.
    private let base: UnsafeMutableRawPointer?

    init(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else {
            unsafe base = nil
            return
        }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 + bytes.count, alignment: 4)
        unsafe memory.storeBytes(of: UInt32(bytes.count), as: UInt32.self)
        unsafe bytes.withUnsafeBytes { unsafe (memory + 4).copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        unsafe base = memory
    }

    deinit { unsafe base?.deallocate() }

    var isEmpty: Bool { unsafe base == nil }

    @inline(__always)
    func append(to output: inout [UInt8]) {
        guard let base = unsafe base else { return }
        // Safe: as many bytes as the count before them says were written by `init`.
        let count = unsafe Int(base.load(as: UInt32.self))
        unsafe output.append(contentsOf: UnsafeRawBufferPointer(start: base + 4, count: count))
    }
}
