internal import ApusBytes
internal import ApusModel
internal import ApusSelection

extension Head {
    /// Numbers of the series that pass all matchers and may have samples in `range`, ascending.
    ///
    /// A set of bits over all series: the positive matchers' postings are and-ed into it, what the others exclude is taken
    /// out. Patterns are tried on the values of one label, outside the lock.
    func select(_ matchers: [Matcher], in range: ClosedRange<Int64>) -> [UInt32] {
        // Which values of a label pass is found first, without holding appends up. A series that comes meanwhile is left out: its
        // value may be one that a matcher would take out, and that the plan does not know.
        let count = withTable { $0.seriesCount }
        let plans = matchers.map(plan)
        return withTable { table in
            var set: SeriesSet?
            for plan in plans where !plan.isExcluding {
                var passing = SeriesSet(count: count)
                for pair in plan.pairs {
                    table.index.postings.forEach(table.index.pairs[pair].series) { passing.insert($0) }
                }
                set?.formIntersection(passing)
                if set == nil { set = passing }
            }
            var chosen = set ?? SeriesSet(count: count, filled: true)
            for plan in plans where plan.isExcluding {
                for pair in plan.pairs {
                    table.index.postings.forEach(table.index.pairs[pair].series) { chosen.remove($0) }
                }
            }
            return chosen.numbers { series in
                let cell = table.cells[series]
                return !cell.isEmpty && cell.minTime <= range.upperBound && cell.last.time >= range.lowerBound
            }
        }
    }

    /// Values of a label, unsorted, each once.
    func values(of name: String) -> [String] {
        var values: [String] = []
        forEachValue(Array(name.utf8)) { bytes, range, _ in
            if let value = string(bytes, range) { values.append(value) }
        }
        return values
    }

    /// Label names, unsorted, each once.
    func names() -> [String] {
        withTable { table in table.index.names.compactMap { string($0.bytes.span, 0..<$0.bytes.count) } }
    }

    /// The label pairs that decide a matcher.
    private struct Plan {
        var pairs: [Int]
        /// The series with one of the pairs are out; otherwise only they are in.
        var isExcluding: Bool
    }

    private func plan(_ matcher: Matcher) -> Plan {
        let isExcluding = matcher.matchesEmpty
        if let texts = fixedTexts(matcher), matcher.isNegative == isExcluding {
            let pairs = withTable { table in
                texts.compactMap { table.index.find(name: matcher.nameBytes, value: $0, in: table.runs) }
            }
            return Plan(pairs: Array(Set(pairs)), isExcluding: isExcluding)
        }
        var pairs: [Int] = []
        forEachValue(matcher.nameBytes) { bytes, range, pair in
            if matcher.matches(bytes, range) != isExcluding { pairs.append(pair) }
        }
        return Plan(pairs: pairs, isExcluding: isExcluding)
    }

    /// The values that the matcher names one by one, without the empty one; nil when it has a pattern.
    private func fixedTexts(_ matcher: Matcher) -> [[UInt8]]? {
        switch matcher.operation {
        case .equal, .notEqual: matcher.valueBytes.isEmpty ? nil : [matcher.valueBytes]
        case .matches, .doesNotMatch:
            matcher.alternatives.flatMap { texts in texts.contains("") ? nil : texts.map { Array($0.utf8) } }
        }
    }

    /// Calls `body` with each value of a label and the number of its pair, outside the lock.
    private func forEachValue(
        _ name: [UInt8], _ body: (_ bytes: borrowing Span<UInt8>, _ value: Range<Int>, _ pair: Int) -> Void
    ) {
        let numbers = withTable { table in
            var numbers: [UInt32] = []
            if let name = table.index.find(name: name) {
                let pairs = table.index.names[name].pairs
                numbers.reserveCapacity(Int(pairs.count))
                table.index.postings.forEach(pairs) { numbers.append(UInt32($0)) }
            }
            return numbers
        }
        var start = 0
        while start < numbers.count {
            let end = min(numbers.count, start + 1024)
            var values: [Range<Int>] = []
            let bytes = withTable { table in
                var bytes: [UInt8] = []
                for number in numbers[start..<end] {
                    let pair = table.index.pairs[Int(number)]
                    let from = bytes.count
                    let segment = table.runs.segments[Int(pair.location.segment)]
                    ApusBytes.append(segment.span, pair.value, to: &bytes)
                    values.append(from..<bytes.count)
                }
                return bytes
            }
            for (i, value) in values.enumerated() { body(bytes.span, value, Int(numbers[start + i])) }
            start = end
        }
    }
}
