internal import Dispatch

/// A thread of its own for calls that block long, one after the other, so that they never hold up the threads that run tasks.
struct WorkQueue: Sendable {
    private let queue: DispatchQueue

    init(_ label: String) { queue = DispatchQueue(label: label) }

    func run<T: Sendable>(
        _ body: @escaping @Sendable () throws(StorageError) -> T
    ) async throws(StorageError) -> T {
        let result: Result<T, StorageError> = await withCheckedContinuation { continuation in
            queue.async {
                let result: Result<T, StorageError>
                do throws(StorageError) {
                    result = .success(try body())
                } catch {
                    result = .failure(error)
                }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }

    /// Later, without waiting for it.
    func start(after pause: Duration, _ body: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + .milliseconds(Int(clamping: max(1, pause.milliseconds)))) { body() }
    }

    /// Without waiting for it.
    func start(_ body: @escaping @Sendable () -> Void) { queue.async { body() } }
}
