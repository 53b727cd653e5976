import ApusPlatform
import Foundation
import Testing

struct PosixDiskTests {
    let disk = PosixDisk()

    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "apus-\(UUID().uuidString)").path
        try disk.createDirectory(folder + "/deep/er")
        defer { try? disk.removeTree(folder) }
        try body(folder)
    }

    @Test func `what is written is read, mapped, linked, renamed and removed`() throws {
        try inFolder { folder in
            let file = try disk.open(folder + "/a", .createNew)
            try file.write([1, 2, 3, 4].span, at: 0)
            try file.write([9].span, at: 1)
            try file.sync()
            #expect(try file.read(at: 0, count: 10) == [1, 9, 3, 4])
            try file.truncate(to: 2)
            #expect(try file.byteCount() == 2)
            file.close()
            #expect(throws: DiskError.self) { try file.sync() }
            let mapped = try disk.map(folder + "/a")
            #expect(mapped.count == 2 && mapped.span[1] == 9)
            try disk.link(folder + "/a", to: folder + "/b")
            try disk.rename(folder + "/a", to: folder + "/c")
            #expect(try disk.list(folder) == ["b", "c", "deep"])
            try disk.remove(folder + "/c")
            try disk.removeTree(folder + "/deep")
            try disk.syncDirectory(folder)
            #expect(try disk.list(folder) == ["b"])
            #expect(try disk.freeByteCount(folder) > 0)
        }
    }

    @Test func `each fault has its code`() throws {
        try inFolder { folder in
            #expect { try disk.open(folder + "/none", .read) } throws: { ($0 as? DiskError)?.code == .notFound }
            _ = try disk.open(folder + "/a", .createNew)
            #expect { try disk.open(folder + "/a", .createNew) } throws: { ($0 as? DiskError)?.code == .exists }
            #expect(throws: DiskError.self) { try disk.createDirectory(folder + "/a") }
            #expect(throws: DiskError.self) { try disk.list(folder + "/none") }
        }
    }

    @Test func `a lock has one holder at a time`() throws {
        try inFolder { folder in
            let held = try disk.lock(folder + "/lock")
            #expect { try disk.lock(folder + "/lock") } throws: { ($0 as? DiskError)?.code == .locked }
            held.release()
            _ = try disk.lock(folder + "/lock")
        }
    }
}
