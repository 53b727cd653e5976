internal import ApusSeriesDatabase
internal import ServiceLifecycle

/// Runs the database's background work, and closes it when everything that stands on it has ended.
struct DatabaseService: Service {
    let database: SeriesDatabase

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [database] in await database.run() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
        try await database.close()
    }
}
