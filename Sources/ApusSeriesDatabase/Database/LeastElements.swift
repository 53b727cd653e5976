/// The least of many elements, each once: what a list of labels with a limit needs, in memory of about twice the limit.
struct LeastElements<Element: Equatable> {
    private let limit: Int
    private let isBefore: (Element, Element) -> Bool
    private var kept: [Element] = []
    /// How many elements are put in order at once.
    private var roomCount: Int
    /// The last of those that count by now; what comes behind it is left out.
    private var bound: Element?

    /// - Parameter limit: nil keeps all.
    init(limit: Int?, by isBefore: @escaping (Element, Element) -> Bool) {
        self.limit = max(0, limit ?? .max)
        self.isBefore = isBefore
        roomCount = Self.room(for: 0)
    }

    private static func room(for count: Int) -> Int { 2 * count + 1024 }

    mutating func insert(_ element: Element) {
        if limit == 0 { return }
        if let bound, !isBefore(element, bound) { return }
        kept.append(element)
        if kept.count >= roomCount { tidy() }
    }

    mutating func insert(contentsOf elements: some Sequence<Element>) {
        for element in elements { insert(element) }
    }

    /// Ascending.
    mutating func sorted() -> [Element] {
        tidy()
        return kept
    }

    private mutating func tidy() {
        // Lists from blocks are in order already, which sorting makes use of.
        kept.sort(by: isBefore)
        var count = 0
        for i in kept.indices where i == 0 || kept[i] != kept[count - 1] {
            if count == limit { break }
            if count != i { kept[count] = kept[i] }
            count += 1
        }
        kept.removeSubrange(count...)
        if count == limit { bound = kept.last }
        roomCount = Self.room(for: count)
    }
}

extension LeastElements<String> {
    /// In the order of UTF-8, as Prometheus has it.
    init(limit: Int?) { self.init(limit: limit) { a, b in a.utf8.lexicographicallyPrecedes(b.utf8) } }
}
