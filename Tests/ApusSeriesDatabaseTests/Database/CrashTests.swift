import ApusModel
import ApusPlatform
import ApusRegex
import ApusSelection
import ApusTestKit
import Foundation
import Testing

@testable import ApusSeriesDatabase

/// What may be read after a crash: for each sample the values it may have, nil for none.
///
/// A call that returned leaves one possibility; one that threw leaves what was before and what it would have made.
struct Possibilities {
    var samples: [Labels: [Int64: Set<UInt64?>]] = [:]

    mutating func append(_ batch: WriteBatch, isSure: Bool) {
        for entry in batch.entries {
            let labels = Labels(canonicalBytes: Array(batch.bytes[entry.labels]))
            for i in entry.samples {
                let bits = batch.values[i].bitPattern
                var possible = samples[labels, default: [:]][batch.times[i]] ?? [nil]
                if isSure { possible = [bits] } else { possible.insert(bits) }
                samples[labels, default: [:]][batch.times[i]] = possible
            }
        }
    }

    mutating func delete(_ matchers: [Matcher], in range: ClosedRange<Int64>, isSure: Bool) {
        for (labels, times) in samples where matchers.allSatisfy({ $0.matches(labels) }) {
            for time in times.keys where range.contains(time) {
                if isSure { samples[labels]?[time] = [nil] } else { samples[labels]?[time]?.insert(nil) }
            }
        }
    }

    /// The first thing that is not as it may be.
    func fault(in found: [Labels: [Int64: UInt64]]) -> String? {
        for (labels, times) in samples {
            for (time, possible) in times {
                let value = found[labels]?[time]
                if !possible.contains(value) {
                    let words = { (bits: UInt64?) in bits.map { "\(Double(bitPattern: $0))" } ?? "nothing" }
                    return "\(labels) at \(time): \(words(value)) instead of \(possible.map(words))"
                }
            }
        }
        for (labels, times) in found {
            for time in times.keys where samples[labels]?[time] == nil { return "\(labels) at \(time) came from nowhere" }
        }
        return nil
    }
}

/// A series of calls, made from a seed, and what may be there after each.
struct Workload {
    var generator: SeededGenerator
    var possible = Possibilities()
    let clock: SimulatedClock
    var time: Int64

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        clock = SimulatedClock()
        time = clock.nowMilliseconds
    }

    mutating func batch() -> WriteBatch {
        var batch = WriteBatch()
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
            // Mostly onward; sometimes late, the same again, or far back.
            let at =
                switch Int.random(in: 0..<10, using: &generator) {
                case 0: time - Int64.random(in: 0..<600_000, using: &generator)
                case 1: time - Int64.random(in: 0..<200_000_000, using: &generator)
                default: time
                }
            // Often one that was there before.
            let value = Double(Int.random(in: 0..<(Bool.random(using: &generator) ? 3 : 1000), using: &generator)) / 4
            batch.append(labels(Int.random(in: 0..<10, using: &generator)), time: at, value: value)
        }
        time += Int64.random(in: 0..<2_000_000, using: &generator)
        clock.set(nowMilliseconds: time)
        return batch
    }

    /// Makes the calls, until one throws or in spite of that.
    mutating func run(_ database: SeriesDatabase, steps: Int, goesOn: Bool = false) async {
        for _ in 0..<steps {
            let kind = Int.random(in: 0..<20, using: &generator)
            do {
                switch kind {
                case 0..<12:
                    let batch = batch()
                    do {
                        _ = try await database.append(batch)
                        possible.append(batch, isSure: true)
                    } catch {
                        possible.append(batch, isSure: false)
                        throw error
                    }
                case 12..<16: try await database.flush()
                case 16:
                    let matcher = try Matcher("job", .equal, Bool.random(using: &generator) ? "odd" : "even")
                    let start = time - Int64.random(in: 0..<4_000_000, using: &generator)
                    let range = start...(start + Int64.random(in: 0..<4_000_000, using: &generator))
                    do {
                        try await database.deleteSeries([[matcher]], in: range)
                        possible.delete([matcher], in: range, isSure: true)
                    } catch {
                        possible.delete([matcher], in: range, isSure: false)
                        throw error
                    }
                case 17: _ = try await database.snapshot(skipHead: Bool.random(using: &generator))
                case 18: try await database.cleanTombstones()
                default:
                    try await database.merges.run { () throws(StorageError) in
                        try database.compact()
                        try database.retire()
                    }
                }
            } catch {
                if !goesOn { return }
            }
        }
    }
}

/// A failure prints the line that replays it alone.
func seeds(_ count: UInt64) -> [UInt64] {
    if let text = ProcessInfo.processInfo.environment["SEED"], let seed = UInt64(text) { return [seed] }
    return Array(0..<count)
}

@Suite struct CrashTests {
    static func options(_ disk: FaultyDisk, _ clock: SimulatedClock, _ policy: SeriesDatabase.SyncPolicy)
        -> SeriesDatabase.Options
    {
        var made = ApusSeriesDatabaseTests.options(disk, clock)
        made.syncPolicy = policy
        return made
    }

    /// Runs the workload, stops the machine at the given change, starts again and looks at what is there.
    ///
    /// - Returns: The number of changes that the workload made, and a sentence about what is wrong.
    static func crash(
        seed: UInt64, at change: Int?, losing loss: FaultyDisk.Loss, _ policy: SeriesDatabase.SyncPolicy
    ) async -> (changes: Int, fault: String?) {
        let disk = FaultyDisk()
        disk.stop(at: change)
        var workload = Workload(seed: seed)
        if let database = try? SeriesDatabase.open(options(disk, workload.clock, policy)) {
            await workload.run(database, steps: 30)
        }
        let changes = disk.changeCount
        let left = disk.restarted(losing: loss, seed: seed &+ UInt64(change ?? 0))
        do {
            let again = try SeriesDatabase.open(options(left, workload.clock, policy))
            if let fault = workload.possible.fault(in: try await read(again)) { return (changes, fault) }
            // It goes on from there.
            let batch = workload.batch()
            let result = try await again.append(batch)
            workload.possible.append(batch, isSure: true)
            if result.rejectedCount > 0 { return (changes, "rejected after the start") }
            if let fault = workload.possible.fault(in: try await read(again)) { return (changes, "after writing: " + fault) }
            try await again.flush()
            if let fault = workload.possible.fault(in: try await read(again)) { return (changes, "after flushing: " + fault) }
            try await again.close()
            let third = try SeriesDatabase.open(options(left, workload.clock, policy))
            if let fault = workload.possible.fault(in: try await read(third)) { return (changes, "third: " + fault) }
            try await third.close()
            return (changes, nil)
        } catch {
            return (changes, "threw \(error)")
        }
    }

    static func sweep(seed: UInt64, losing loss: FaultyDisk.Loss, _ policy: SeriesDatabase.SyncPolicy) async {
        let (changes, fault) = await crash(seed: seed, at: nil, losing: loss, policy)
        #expect(fault == nil, "SEED=\(seed) swift test --filter CrashTests (no crash, losing \(loss))")
        #expect(changes > 50)
        for change in 1...changes {
            let (_, fault) = await crash(seed: seed, at: change, losing: loss, policy)
            #expect(fault == nil, "SEED=\(seed) swift test --filter CrashTests (change \(change), losing \(loss))")
            if fault != nil { return }
        }
    }

    @Test(arguments: seeds(2))
    func `a power cut at any change loses nothing that was acknowledged and synced`(seed: UInt64) async {
        await Self.sweep(seed: seed, losing: .power, .everyWrite)
    }

    @Test(arguments: seeds(2))
    func `the end of the process at any change loses nothing that was acknowledged`(seed: UInt64) async {
        await Self.sweep(seed: seed, losing: .process, .interval(.seconds(1)))
    }

    /// Whatever fails for lack of space fails with an error, and what was acknowledged stays, in memory and on disk.
    static func fillUp(seed: UInt64, at change: Int) async -> String? {
        let disk = FaultyDisk()
        var workload = Workload(seed: seed)
        do {
            let database = try SeriesDatabase.open(options(disk, workload.clock, .everyWrite))
            disk.runOutOfSpace(at: change)
            await workload.run(database, steps: 30, goesOn: true)
            if let fault = workload.possible.fault(in: try await read(database)) { return fault }
            disk.runOutOfSpace(at: nil)
            await workload.run(database, steps: 10)
            let batch = workload.batch()
            _ = try await database.append(batch)
            workload.possible.append(batch, isSure: true)
            if let fault = workload.possible.fault(in: try await read(database)) { return "with space again: " + fault }
            let left = disk.restarted(losing: .power, seed: seed)
            let again = try SeriesDatabase.open(options(left, workload.clock, .everyWrite))
            return workload.possible.fault(in: try await read(again))
        } catch {
            return "threw \(error)"
        }
    }

    @Test(arguments: seeds(2))
    func `a disk that is full from any change on loses nothing and works again`(seed: UInt64) async {
        let (changes, _) = await Self.crash(seed: seed, at: nil, losing: .process, .everyWrite)
        for change in stride(from: 10 + Int(seed % 3), through: changes, by: 3) {
            let fault = await Self.fillUp(seed: seed, at: change)
            #expect(fault == nil, "SEED=\(seed) swift test --filter CrashTests (full from change \(change))")
            if fault != nil { return }
        }
    }

    /// With the default policy a power cut may take what came after the last sync, in parts, and nothing else.
    @Test(arguments: seeds(40))
    func `a power cut between syncs loses only what came after the last one`(seed: UInt64) async throws {
        let disk = FaultyDisk()
        var workload = Workload(seed: seed)
        let database = try SeriesDatabase.open(Self.options(disk, workload.clock, .interval(.seconds(1))))
        var newest = Possibilities()
        for step in 0..<20 {
            let batch = workload.batch()
            _ = try await database.append(batch)
            newest.append(batch, isSure: true)
            if step % 4 == 3 {
                try await database.syncs.run { () throws(StorageError) in try database.syncLogs() }
                workload.possible = newest
            } else {
                workload.possible.append(batch, isSure: false)
            }
        }
        let last = workload.batch()
        _ = try await database.append(last)
        workload.possible.append(last, isSure: false)
        let left = disk.restarted(losing: .power, seed: seed)
        let again = try SeriesDatabase.open(Self.options(left, workload.clock, .interval(.seconds(1))))
        let fault = workload.possible.fault(in: try await read(again))
        #expect(fault == nil, "SEED=\(seed) swift test --filter CrashTests")
    }
}
