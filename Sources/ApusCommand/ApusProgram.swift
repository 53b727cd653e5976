internal import Apus
internal import ArgumentParser

/// The program: each subcommand is a thin shell around a module.
@main
struct ApusProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apus",
        abstract: "Monitoring in one program: measure, receive, keep, ask and look.",
        discussion: """
            EXAMPLES
              apus serve                                   measure this machine; the page is at http://127.0.0.1:9090
              apus serve --data /var/lib/apus --listen 0.0.0.0:9090 --token-file /etc/apus/token
              apus query 'rate(node_cpu_seconds_total[1m])' --range 1h --step 15s
              apus check config prometheus.yml
            """,
        version: "apus \(ApusVersion.current)",
        subcommands: [ServeCommand.self, QueryCommand.self, CheckCommand.self])
}
