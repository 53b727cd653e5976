internal import ApusPlatform
internal import Foundation

/// Standard output and error of the subcommands.
enum Terminal {
    static func out(_ line: String) { StandardStream.output.write(line + "\n") }

    static func error(_ line: String) { StandardStream.error.write(line + "\n") }

    /// Columns of the terminal as the shell says, 120 where it does not.
    static var columnCount: Int { ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 120 }
}
