#include "CApusThreadSlots.h"
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

struct capus_slot capus_slots[CAPUS_SLOT_COUNT];
__thread struct capus_slot *capus_mine __attribute__((tls_model("initial-exec")));

/// Set when this thread has given its slot back: destructors that run after ours count in the shared slot.
static __thread bool ended;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool has_key;
/// Slots from 1 on that have no owner, so that a thread that must share need not search at each count.
static atomic_int free_slots = CAPUS_SLOT_COUNT - 1;
/// One above the last slot that ever had an owner.
static atomic_uint slots_used = 1;

static void give_back(void *value) {
    struct capus_slot *slot = value;
    capus_mine = 0;
    ended = true;
    // Release: the next owner sees all that was counted here.
    atomic_store_explicit(&slot->owned, false, memory_order_release);
    atomic_fetch_add(&free_slots, 1);
}

static void make_key(void) { has_key = pthread_key_create(&key, give_back) == 0; }

struct capus_slot *capus_slot_take(void) {
    if (capus_mine) return capus_mine;
    if (ended || atomic_load_explicit(&free_slots, memory_order_relaxed) <= 0) return &capus_slots[0];
    pthread_once(&once, make_key);
    if (!has_key) return &capus_slots[0];
    for (unsigned i = 1; i < CAPUS_SLOT_COUNT; i++) {
        bool expected = false;
        if (atomic_load_explicit(&capus_slots[i].owned, memory_order_relaxed)) continue;
        if (!atomic_compare_exchange_strong(&capus_slots[i].owned, &expected, true)) continue;
        if (pthread_setspecific(key, &capus_slots[i]) != 0) {
            atomic_store_explicit(&capus_slots[i].owned, false, memory_order_release);
            return &capus_slots[0];
        }
        atomic_fetch_sub(&free_slots, 1);
        unsigned used = atomic_load(&slots_used);
        while (used < i + 1 && !atomic_compare_exchange_weak(&slots_used, &used, i + 1)) {}
        return capus_mine = &capus_slots[i];
    }
    return &capus_slots[0];
}

capus_cell *capus_cell_make(struct capus_slot *slot, uint32_t cell) {
    _Atomic(capus_cell *) *place = &slot->pages[cell >> CAPUS_PAGE_SHIFT];
    capus_cell *page = atomic_load_explicit(place, memory_order_acquire);
    if (!page) {
        // On lines of its own: neighbours in the heap belong to other threads. Pairs of lines, as they are fetched.
        void *fresh = 0;
        if (posix_memalign(&fresh, 128, CAPUS_PAGE_CELLS * sizeof(capus_cell)) != 0) return 0;
        memset(fresh, 0, CAPUS_PAGE_CELLS * sizeof(capus_cell));
        if (atomic_compare_exchange_strong(place, &page, (capus_cell *)fresh)) page = fresh;
        else free(fresh);
    }
    return page + (cell & (CAPUS_PAGE_CELLS - 1));
}

void capus_add_slowly(uint32_t cell, uint64_t amount) {
    struct capus_slot *slot = capus_slot_take();
    capus_cell *place = capus_cell_make(slot, cell);
    if (place) atomic_fetch_add_explicit(place, amount, memory_order_relaxed);
}

void capus_add_double_slowly(uint32_t cell, double amount) {
    struct capus_slot *slot = capus_slot_take();
    capus_cell *place = capus_cell_make(slot, cell);
    if (!place) return;
    uint64_t old = atomic_load_explicit(place, memory_order_relaxed), bits;
    do {
        double value;
        memcpy(&value, &old, 8);
        value += amount;
        memcpy(&bits, &value, 8);
    } while (!atomic_compare_exchange_weak_explicit(place, &old, bits, memory_order_relaxed, memory_order_relaxed));
}

/// The cell in a slot for reading; null when nothing was counted in its page.
static capus_cell *existing(unsigned slot, uint32_t cell) {
    capus_cell *page = atomic_load_explicit(&capus_slots[slot].pages[cell >> CAPUS_PAGE_SHIFT], memory_order_acquire);
    return page ? page + (cell & (CAPUS_PAGE_CELLS - 1)) : 0;
}

void capus_sum(uint32_t first, uint32_t count, uint64_t *sums) {
    memset(sums, 0, count * sizeof *sums);
    unsigned used = atomic_load_explicit(&slots_used, memory_order_acquire);
    for (unsigned slot = 0; slot < used; slot++) {
        capus_cell *cells = existing(slot, first);
        if (!cells) continue;
        for (uint32_t i = 0; i < count; i++) sums[i] += atomic_load_explicit(cells + i, memory_order_relaxed);
    }
}

uint64_t capus_sum_one(uint32_t cell) {
    uint64_t sum;
    capus_sum(cell, 1, &sum);
    return sum;
}

double capus_sum_double(uint32_t cell) {
    double sum = 0;
    unsigned used = atomic_load_explicit(&slots_used, memory_order_acquire);
    for (unsigned slot = 0; slot < used; slot++) {
        capus_cell *place = existing(slot, cell);
        if (!place) continue;
        uint64_t bits = atomic_load_explicit(place, memory_order_relaxed);
        double value;
        memcpy(&value, &bits, 8);
        sum += value;
    }
    return sum;
}

void capus_zero(uint32_t first, uint32_t count) {
    unsigned used = atomic_load_explicit(&slots_used, memory_order_acquire);
    for (unsigned slot = 0; slot < used; slot++) {
        capus_cell *cells = existing(slot, first);
        if (!cells) continue;
        for (uint32_t i = 0; i < count; i++) atomic_store_explicit(cells + i, 0, memory_order_relaxed);
    }
}

uint32_t capus_slots_owned(void) {
    uint32_t count = 0;
    for (unsigned i = 1; i < CAPUS_SLOT_COUNT; i++) count += atomic_load_explicit(&capus_slots[i].owned, memory_order_relaxed);
    return count;
}

void capus_wait_for_readers(void) {
    // Orders the caller's unlinking before the look at the flags; a reader's exchange is its counterpart.
    atomic_thread_fence(memory_order_seq_cst);
    unsigned used = atomic_load(&slots_used);
    for (unsigned slot = 0; slot < used; slot++)
        while (atomic_load(&capus_slots[slot].reading) != 0) sched_yield();
}

double capus_exp2(double exponent) { return exp2(exponent); }

double capus_log_bounds[CAPUS_LOG_STEPS + 1];
uint8_t capus_log_guess[128];

__attribute__((constructor)) static void fill_logarithms(void) {
    for (int i = 0; i <= CAPUS_LOG_STEPS; i++) capus_log_bounds[i] = exp2((double)i / CAPUS_LOG_STEPS);
    for (int k = 0; k < 128; k++) {
        int below = 0;
        while (capus_log_bounds[below] < 1 + k / 128.0) below++;
        capus_log_guess[k] = (uint8_t)below;
    }
}
