internal import ApusConfiguration
internal import ArgumentParser
internal import Foundation

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check files before they are used.", subcommands: [CheckConfigCommand.self])
}

struct CheckConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check a configuration file: Apus's own, Prometheus's or Alertmanager's.",
        discussion: """
            Every fault is printed as FILE:LINE:COLUMN: what is wrong. Ends with status 0 when the file is valid, 1 when it is not.

            EXAMPLE
              apus check config prometheus.yml
            """)

    @Argument(help: "The files.", completion: .file(extensions: ["yml", "yaml"]))
    var files: [String]

    func run() async throws {
        var valid = true
        for path in files {
            do {
                let file = try ConfigurationLoader.load(path)
                let settings = try Settings(file: file)
                Terminal.out("\(path): valid")
                for remark in settings.remarks { Terminal.out("  note: \(remark)") }
            } catch let error as ConfigurationFile.Invalid {
                valid = false
                for problem in error.problems { Terminal.error("\(path):\(problem)") }
            } catch {
                valid = false
                Terminal.error("\(error)")
            }
        }
        if !valid { throw ExitCode(1) }
    }
}

/// Reads configuration files for the subcommands.
enum ConfigurationLoader {
    struct Unreadable: Error, CustomStringConvertible {
        let path: String
        let reason: String
        var description: String { "\(path): cannot be read: \(reason)" }
    }

    static func load(_ path: String) throws -> ConfigurationFile {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw Unreadable(path: path, reason: FileManager.default.fileExists(atPath: path) ? "permission, or not a file" : "no such file")
        }
        guard let text = String(validating: data, as: UTF8.self) else { throw Unreadable(path: path, reason: "not UTF-8 text") }
        return try ConfigurationFile(yaml: text)
    }
}
