import ApusConfiguration
import ApusTestKit
import Testing

struct ConfigurationFileTests {
    static let prometheusFile = """
        global:
          scrape_interval: 15s
          evaluation_interval: 30s
          external_labels: {region: eu, replica: a}
        rule_files: [rules/*.yml]
        alerting:
          alertmanagers:
            - static_configs: [{targets: ["localhost:9093"]}]
        scrape_configs:
          - job_name: node
            scrape_interval: 5s
            static_configs:
              - targets: ["localhost:9100"]
                labels: {env: prod}
            relabel_configs:
              - source_labels: [__address__]
                regex: (.*):\\d+
                target_label: instance
          - job_name: pods
            kubernetes_sd_configs: [{role: pod}]
            basic_auth: {username: me, password: hidden}
        remote_write:
          - url: https://user:hidden@example.net/api/v1/write
            queue_config: {max_shards: 4}
        storage:
          tsdb: {out_of_order_time_window: 30m}
        """

    static let alertmanagerFile = """
        global: {smtp_smarthost: "mail:587", smtp_from: a@b.c, smtp_auth_password: hidden, resolve_timeout: 5m}
        route:
          receiver: default
          group_by: [alertname, cluster]
          group_wait: 10s
          routes:
            - matchers: [severity="critical"]
              receiver: pager
              routes: [{receiver: default, continue: true}]
        receivers:
          - name: default
            email_configs: [{to: oncall@example.net, send_resolved: true}]
          - name: pager
            pagerduty_configs: [{routing_key: hidden}]
            slack_configs: [{api_url: "https://hooks.example.net/hidden", channel: "#a"}]
        inhibit_rules: [{source_matchers: [a="b"], target_matchers: [c="d"], equal: [x]}]
        time_intervals: [{name: night, time_intervals: [{times: [{start_time: "22:00", end_time: "24:00"}]}]}]
        """

    @Test(arguments: [prometheusFile, alertmanagerFile])
    func `an existing file is valid as it is`(_ text: String) throws {
        let file = try ConfigurationFile(yaml: text)
        #expect(!file.inactiveSections.isEmpty)
    }

    @Test(arguments: [prometheusFile, alertmanagerFile])
    func `no secret is shown`(_ text: String) throws {
        let shown = try ConfigurationFile(yaml: text).redactedYAML()
        #expect(shown.contains("<secret>"))
        #expect(!shown.contains("hidden"))
    }

    @Test(arguments: [
        ("server:\n  listn: 1.2.3.4:5\n", "2:3: unknown key \"listn\" in server; did you mean \"listen\"?"),
        ("scrape_config: []\n", "1:1: unknown key \"scrape_config\"; did you mean \"scrape_configs\"?"),
        ("global:\n  scrape_interval: fast\n", "2:20: global.scrape_interval wants a duration such as 30s, 5m or 1h30m, not \"fast\""),
        ("server: 5\n", "1:9: server wants a mapping, not \"5\""),
        ("storage: {tsdb: {retention: {size: many}}}\n", "1:36: storage.tsdb.retention.size wants a size such as 512MB or 10GB, not \"many\""),
        ("collectors:\n  enabled: perhaps\n", "2:12: collectors.enabled wants true or false, not \"perhaps\""),
        ("- a\n- b\n", "1:1: the file wants a mapping"),
    ])
    func `a fault is named with its place and what to do`(_ text: String, _ expected: String) {
        #expect { try ConfigurationFile(yaml: text) } throws: { "\($0)" == expected }
    }

    @Test(arguments: ["a: [1,", "a: {b: c", "\t- x", "a: &x [*x]", "%", "? ? ?", "a: b: c", "server:\n  a: 1\n  a: 2\n"])
    func `text that is not YAML is refused with a line`(_ text: String) {
        #expect(throws: ConfigurationFile.Invalid.self) { try ConfigurationFile(yaml: text) }
    }

    @Test func `a file of aliases does not blow up`() {
        var text = "a: &a0 [x, x]\n"
        for i in 1..<40 { text += "b\(i): &a\(i) [*a\(i - 1), *a\(i - 1)]\n" }
        #expect(throws: ConfigurationFile.Invalid.self) { try ConfigurationFile(yaml: text) }
    }

    @Test(arguments: UInt64(0)..<20)
    func `mutated files never trap`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let source = Array((Bool.random(using: &random) ? Self.prometheusFile : Self.alertmanagerFile).utf8)
            let text = String(decoding: random.mutated(source), as: UTF8.self)
            if let file = try? ConfigurationFile(yaml: text) {
                _ = file.redactedYAML()
                _ = try? Settings(file: file)
            }
        }
    }
}
