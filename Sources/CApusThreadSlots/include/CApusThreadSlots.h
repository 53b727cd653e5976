#ifndef CAPUS_THREAD_SLOTS_H
#define CAPUS_THREAD_SLOTS_H
// Cells that one thread writes and every thread reads.
//
// A thread that counts for the first time takes a slot. A slot owns pages of cells of its own, so that an increment is a
// plain load and store of a word that no other thread writes: no locked instruction, no line shared between writers. A
// cell has one index, valid in every slot; its value is the sum over the slots. A thread that ends gives its slot back
// with all that was counted in it, and the next owner counts on from there, so that sums never go back. When all slots
// are taken, further threads share slot 0, in which every write is an atomic read-modify-write.
//
// A signal handler must not count: it could interrupt the load and store of its own thread.
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define CAPUS_SLOT_COUNT 128
#define CAPUS_PAGE_SHIFT 12
#define CAPUS_PAGE_CELLS (1u << CAPUS_PAGE_SHIFT)
#define CAPUS_PAGE_COUNT 8192
#define CAPUS_CELL_COUNT ((uint32_t)CAPUS_PAGE_COUNT << CAPUS_PAGE_SHIFT)

typedef _Atomic uint64_t capus_cell;

struct capus_slot {
    /// Whether the owner looks something up that must not be freed meanwhile; in slot 0 the number of threads that do.
    _Alignas(128) atomic_uint reading;
    atomic_bool owned;
    _Alignas(128) _Atomic(capus_cell *) pages[CAPUS_PAGE_COUNT];
};

extern struct capus_slot capus_slots[CAPUS_SLOT_COUNT];
/// This thread's slot; null before its first count and when it has to share.
extern __thread struct capus_slot *capus_mine __attribute__((tls_model("initial-exec")));

/// This thread's slot, taken now if it has none; `&capus_slots[0]` when it has to share.
struct capus_slot *capus_slot_take(void);
/// The cell in a slot, its page made if there is none; null when memory has run out.
capus_cell *capus_cell_make(struct capus_slot *slot, uint32_t cell);
void capus_add_slowly(uint32_t cell, uint64_t amount);
void capus_add_double_slowly(uint32_t cell, double amount);

/// The cell in this thread's own slot; null when the slow way must be taken.
static inline capus_cell *capus_own(uint32_t cell) {
    struct capus_slot *slot = capus_mine;
    if (__builtin_expect(slot == 0, 0)) return 0;
    capus_cell *page = atomic_load_explicit(&slot->pages[cell >> CAPUS_PAGE_SHIFT], memory_order_relaxed);
    if (__builtin_expect(page == 0, 0)) return 0;
    return page + (cell & (CAPUS_PAGE_CELLS - 1));
}

static inline void capus_store_sum(capus_cell *cell, double amount) {
    uint64_t bits = atomic_load_explicit(cell, memory_order_relaxed);
    double value;
    memcpy(&value, &bits, 8);
    value += amount;
    memcpy(&bits, &value, 8);
    atomic_store_explicit(cell, bits, memory_order_relaxed);
}

/// Adds to a whole number, modulo 2^64.
static inline void capus_add(uint32_t cell, uint64_t amount) {
    capus_cell *own = capus_own(cell);
    if (__builtin_expect(own == 0, 0)) {
        capus_add_slowly(cell, amount);
        return;
    }
    atomic_store_explicit(own, atomic_load_explicit(own, memory_order_relaxed) + amount, memory_order_relaxed);
}

/// Adds to a cell that holds the bits of a double.
static inline void capus_add_double(uint32_t cell, double amount) {
    capus_cell *own = capus_own(cell);
    if (__builtin_expect(own == 0, 0)) {
        capus_add_double_slowly(cell, amount);
        return;
    }
    capus_store_sum(own, amount);
}

/// One observation in a run of cells: the sum, then one cell a bucket; the last bucket has no bound. The value counts in
/// the first bucket whose bound is not below it. The run lies in one page. Returns the bucket.
static inline uint32_t capus_observe(uint32_t run, const double *bounds, uint32_t bound_count, double value) {
    uint32_t bucket = 0;
    // No branch on the value: durations are not foreseeable, and a dozen comparisons cost less than one wrong guess.
    for (uint32_t i = 0; i < bound_count; i++) bucket += bounds[i] < value;
    capus_cell *own = capus_own(run);
    if (__builtin_expect(own == 0, 0)) {
        capus_add_slowly(run + 1 + bucket, 1);
        capus_add_double_slowly(run, value);
        return bucket;
    }
    capus_cell *count = own + 1 + bucket;
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1, memory_order_relaxed);
    capus_store_sum(own, value);
    return bucket;
}

/// The sums of `count` cells of one page from `first` on.
void capus_sum(uint32_t first, uint32_t count, uint64_t *sums);
uint64_t capus_sum_one(uint32_t cell);
double capus_sum_double(uint32_t cell);
/// Sets cells of one page to zero in all slots; nobody may be counting in them.
void capus_zero(uint32_t first, uint32_t count);
/// How many slots have an owner.
uint32_t capus_slots_owned(void);

/// Begins a look-up: until the end nothing is freed that was reachable at the beginning. Does not nest.
static inline void capus_reading_begin(void) {
    struct capus_slot *slot = capus_mine;
    if (__builtin_expect(slot == 0, 0)) slot = capus_slot_take();
    if (__builtin_expect(slot == &capus_slots[0], 0)) atomic_fetch_add(&slot->reading, 1);
    else atomic_exchange(&slot->reading, 1);
#if !defined(__x86_64__)
    // What is looked up is read after the flag is seen; on x86 the exchange itself sees to that.
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

static inline void capus_reading_end(void) {
    struct capus_slot *slot = capus_mine;
    // Null only in a thread that shares: one with a slot keeps it to its end.
    if (__builtin_expect(slot == 0, 0)) atomic_fetch_sub(&capus_slots[0].reading, 1);
    else atomic_store_explicit(&slot->reading, 0, memory_order_release);
}

/// Waits until every look-up that is going on has ended; what was taken out of reach before may then be freed.
void capus_wait_for_readers(void);

static inline int64_t capus_nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/// Nanoseconds of a clock that never goes back.
static inline int64_t capus_monotonic_nanoseconds(void) { return capus_nanoseconds(CLOCK_MONOTONIC); }

#ifdef CLOCK_MONOTONIC_COARSE
/// The same, some milliseconds late, for a quarter of the cost.
static inline int64_t capus_coarse_nanoseconds(void) { return capus_nanoseconds(CLOCK_MONOTONIC_COARSE); }
#else
static inline int64_t capus_coarse_nanoseconds(void) { return capus_nanoseconds(CLOCK_MONOTONIC); }
#endif

/// Milliseconds since 1970 UTC.
static inline int64_t capus_wall_milliseconds(void) { return capus_nanoseconds(CLOCK_REALTIME) / 1000000; }

/// Two to the power of `exponent`.
double capus_exp2(double exponent);

#define CAPUS_LOG_STEPS 64
/// 2^(i/64), and how many of these are below 1 + k/128.
extern double capus_log_bounds[CAPUS_LOG_STEPS + 1];
extern uint8_t capus_log_guess[128];

/// The i for which 2^(i/64) < value <= 2^((i+1)/64); the value is a normal number above zero.
static inline int32_t capus_log_index(double value) {
    uint64_t bits;
    memcpy(&bits, &value, 8);
    int32_t exponent = (int32_t)(bits >> 52) - 1023;
    uint64_t one = (bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
    double fraction;
    memcpy(&fraction, &one, 8);
    int32_t below = capus_log_guess[(bits >> 45) & 127];
    while (capus_log_bounds[below] < fraction) below++;
    return exponent * CAPUS_LOG_STEPS + below - 1;
}

#endif
