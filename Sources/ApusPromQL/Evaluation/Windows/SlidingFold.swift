/// An associative way to join what two neighbouring runs of samples amount to.
protocol SlidingMonoid {
    associatedtype Element
    static var identity: Element { get }
    static func joined(_ earlier: Element, _ later: Element) -> Element
    static func element(_ value: Double) -> Element
    /// The same as joining with `element(value)` on the right.
    static func append(_ value: Double, to fold: inout Element)
}

extension SlidingMonoid {
    @inline(__always)
    static func append(_ value: Double, to fold: inout Element) { fold = joined(fold, element(value)) }
}

/// The fold of a window that only moves forward, in O(1) amortised a sample, without ever taking anything out.
///
/// The window is cut at `middle`: behind it one running fold, before it a fold for each place where the window may begin.
/// When the beginning reaches the cut, the cut moves to the window's end. (The queue of two stacks.) Since folds are only
/// joined, never subtracted, a sum stays as exact as one made afresh.
struct SlidingFold<Monoid: SlidingMonoid> {
    private var beginnings: [Monoid.Element] = []
    private var base = 0
    private var middle = 0
    private var end = 0
    private var running = Monoid.identity

    /// To be called before each series.
    mutating func begin() {
        (base, middle, end) = (0, 0, 0)
        running = Monoid.identity
    }

    @inline(__always)
    mutating func fold(_ window: Range<Int>, _ values: borrowing Span<Double>) -> Monoid.Element {
        if window.lowerBound >= middle {
            cut(window, values)
        } else {
            while end < window.upperBound {
                Monoid.append(values[end], to: &running)
                end &+= 1
            }
        }
        return Monoid.joined(beginnings[window.lowerBound &- base], running)
    }

    private mutating func cut(_ window: Range<Int>, _ values: borrowing Span<Double>) {
        base = window.lowerBound
        middle = window.upperBound
        end = middle
        running = Monoid.identity
        while beginnings.count < window.count { beginnings.append(Monoid.identity) }
        var out = beginnings.mutableSpan
        var fold = Monoid.identity
        var i = window.upperBound
        while i > window.lowerBound {
            i &-= 1
            fold = Monoid.joined(Monoid.element(values[i]), fold)
            out[i &- window.lowerBound] = fold
        }
    }
}

enum SumMonoid: SlidingMonoid {
    static var identity: CompensatedSum { CompensatedSum() }

    @inline(__always)
    static func joined(_ earlier: CompensatedSum, _ later: CompensatedSum) -> CompensatedSum {
        var sum = earlier
        sum.add(later)
        return sum
    }

    @inline(__always)
    static func element(_ value: Double) -> CompensatedSum { CompensatedSum(value) }

    @inline(__always)
    static func append(_ value: Double, to fold: inout CompensatedSum) { fold.add(value) }
}

/// The greatest value; NaN only when there is nothing else.
enum MaxMonoid: SlidingMonoid {
    static var identity: Double { .nan }

    @inline(__always)
    static func joined(_ earlier: Double, _ later: Double) -> Double { later > earlier || earlier.isNaN ? later : earlier }

    @inline(__always)
    static func element(_ value: Double) -> Double { value }
}

/// The least value; NaN only when there is nothing else.
enum MinMonoid: SlidingMonoid {
    static var identity: Double { .nan }

    @inline(__always)
    static func joined(_ earlier: Double, _ later: Double) -> Double { later < earlier || earlier.isNaN ? later : earlier }

    @inline(__always)
    static func element(_ value: Double) -> Double { value }
}
