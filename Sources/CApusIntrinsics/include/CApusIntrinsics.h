#ifndef CAPUS_INTRINSICS_H
#define CAPUS_INTRINSICS_H
#include <stdint.h>
#include <string.h>

/// Asks the processor to load the cache line at `address`; a hint, never a fault.
static inline void capus_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// Order of two runs of bytes, as memcmp.
static inline int capus_compare(const uint8_t *a, const uint8_t *b, uint64_t count) { return memcmp(a, b, count); }

static inline uint64_t capus_mix(uint64_t a, uint64_t b) {
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t capus_load64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return v; }
static inline uint64_t capus_load32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }

/// A 64-bit hash in the manner of wyhash: multiply-and-fold of 16 bytes a step.
static inline uint64_t capus_hash(const uint8_t *p, uint64_t count, uint64_t seed) {
    const uint64_t s0 = 0x2d358dccaa6c78a5ull, s1 = 0x8bb84b93962eacc9ull, s2 = 0x4b33a62ed433d4a3ull, s3 = 0x4d5a2da51de1aa47ull;
    uint64_t a, b, n = count;
    seed ^= capus_mix(seed ^ s0, s1);
    if (n <= 16) {
        if (n >= 4) {
            a = (capus_load32(p) << 32) | capus_load32(p + ((n >> 3) << 2));
            b = (capus_load32(p + n - 4) << 32) | capus_load32(p + n - 4 - ((n >> 3) << 2));
        } else if (n > 0) {
            a = ((uint64_t)p[0] << 16) | ((uint64_t)p[n >> 1] << 8) | p[n - 1];
            b = 0;
        } else a = b = 0;
    } else {
        uint64_t x = seed, y = seed;
        while (n > 48) {
            seed = capus_mix(capus_load64(p) ^ s1, capus_load64(p + 8) ^ seed);
            x = capus_mix(capus_load64(p + 16) ^ s2, capus_load64(p + 24) ^ x);
            y = capus_mix(capus_load64(p + 32) ^ s3, capus_load64(p + 40) ^ y);
            p += 48;
            n -= 48;
        }
        seed ^= x ^ y;
        while (n > 16) {
            seed = capus_mix(capus_load64(p) ^ s1, capus_load64(p + 8) ^ seed);
            n -= 16;
            p += 16;
        }
        a = capus_load64(p + n - 16);
        b = capus_load64(p + n - 8);
    }
    a ^= s1;
    b ^= seed;
    __uint128_t product = (__uint128_t)a * b;
    return capus_mix((uint64_t)product ^ s0 ^ count, (uint64_t)(product >> 64) ^ s1);
}

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `count` bytes, continued from `crc` (0 at the start).
uint32_t capus_crc32c(uint32_t crc, const uint8_t *bytes, uint64_t count);

#endif
