/// "Did you mean …?"
public enum Suggestion {
    /// The closest of `words` when it is close enough to be a slip: at most a third of the letters differ.
    public static func nearest(to word: String, among words: [String]) -> String? {
        let best = words.map { ($0, distance(Array(word.prefix(64)), Array($0))) }.min { $0.1 < $1.1 }
        guard let best, best.1 <= max(1, min(word.count, best.0.count) / 3) else { return nil }
        return best.0
    }

    /// Optimal string alignment: insertions, deletions, changes and swaps of neighbours.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var before: [Int] = []
        var previous = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            (before, previous) = (previous, row)
        }
        return previous[b.count]
    }
}
