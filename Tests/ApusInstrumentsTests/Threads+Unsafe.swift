import Glibc

/// Runs `body` with 0, 1, … on as many threads of its own and returns when all of them have ended, destructors included.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    var threads: [pthread_t] = []
    for i in 0..<count {
        final class Work {
            let run: () -> Void
            init(_ run: @escaping () -> Void) { self.run = run }
        }
        let work = Work { body(i) }
        var thread = pthread_t()
        // Safe: the thread takes over the one reference that was retained for it.
        let status = unsafe pthread_create(
            &thread, nil,
            { pointer in
                unsafe Unmanaged<Work>.fromOpaque(pointer!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(work).toOpaque())
        precondition(status == 0, "a thread can be made")
        threads.append(thread)
    }
    for thread in threads { pthread_join(thread, nil) }
}
