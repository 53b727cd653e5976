internal import ApusBytes
internal import ApusModel

extension HeadTable {
    /// All series in ascending order of their labels.
    ///
    /// - Complexity: O(n log n) comparisons of some 100 ns.
    func sortedSeries() -> [UInt32] {
        (0..<UInt32(seriesCount)).sorted { a, b in isBefore(locations[Int(a)], locations[Int(b)]) }
    }

    private func isBefore(_ a: RunLocation, _ b: RunLocation) -> Bool {
        let first = runs.segments[Int(a.segment)]
        let second = runs.segments[Int(b.segment)]
        let (p, q) = (first.span, second.span)
        var i = LabelCursor(offset: a.range.lowerBound, end: a.range.upperBound)
        var j = LabelCursor(offset: b.range.lowerBound, end: b.range.upperBound)
        while true {
            switch (i.next(p), j.next(q)) {
            case (nil, nil), (_?, nil): return false
            case (nil, _?): return true
            case (let x?, let y?):
                let names = compareBytes(p, x.name, q, y.name)
                if names != 0 { return names < 0 }
                let values = compareBytes(p, x.value, q, y.value)
                if values != 0 { return values < 0 }
            }
        }
    }

    /// The samples of one series inside `range`.
    func appendSamples(of series: Int, in range: ClosedRange<Int64>, to columns: inout SampleColumns) {
        var slice = HeadSlice()
        copy(series, in: range, to: &slice)
        slice.appendSamples(0, in: range, to: &columns)
    }

    /// Multiples of `length` at which windows with samples start.
    func windowIndexes(length: Int64) -> Set<Int64> {
        var indexes = Set<Int64>()
        var columns = SampleColumns()
        for series in 0..<seriesCount where !cells[series].isEmpty {
            let first = FlushWindows.floorDivide(cells[series].minTime, length)
            let last = FlushWindows.floorDivide(cells[series].last.time, length)
            indexes.insert(first)
            indexes.insert(last)
            if last - first < 2 { continue }
            columns.removeAll()
            appendSamples(of: series, in: Int64.min...Int64.max, to: &columns)
            for time in columns.times { indexes.insert(FlushWindows.floorDivide(time, length)) }
        }
        return indexes
    }
}
