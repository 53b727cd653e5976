#include "CApusRE2.h"
#include <re2/re2.h>
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

struct capus_re2 {
    RE2 re;
    capus_re2(re2::StringPiece pattern, const RE2::Options &options) : re(pattern, options) {}
};

extern "C" {

capus_re2 *capus_re2_new(const uint8_t *pattern, size_t count, char *error, size_t error_count) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(true);  // Prometheus compiles ^(?s:pattern)$
    options.set_max_mem(16 << 20);
    auto *made = new capus_re2(re2::StringPiece(reinterpret_cast<const char *>(pattern), count), options);
    if (made->re.ok()) return made;
    if (error_count > 0) {
        strncpy(error, made->re.error().c_str(), error_count - 1);
        error[error_count - 1] = 0;
    }
    delete made;
    return nullptr;
}

void capus_re2_free(capus_re2 *re) { delete re; }

bool capus_re2_full_match(const capus_re2 *re, const uint8_t *text, size_t count) {
    return re->re.Match(re2::StringPiece(reinterpret_cast<const char *>(text), count), 0, count, RE2::ANCHOR_BOTH, nullptr, 0);
}

bool capus_re2_captures(const capus_re2 *re, const uint8_t *text, size_t count, int64_t *offsets, int groups) {
    std::vector<re2::StringPiece> found(groups);
    re2::StringPiece whole(reinterpret_cast<const char *>(text), count);
    if (!re->re.Match(whole, 0, count, RE2::ANCHOR_BOTH, found.data(), groups)) return false;
    for (int i = 0; i < groups; i++) {
        bool took_part = found[i].data() != nullptr;
        offsets[2 * i] = took_part ? found[i].data() - whole.data() : -1;
        offsets[2 * i + 1] = took_part ? offsets[2 * i] + static_cast<int64_t>(found[i].size()) : -1;
    }
    return true;
}

int capus_re2_group_count(const capus_re2 *re) { return re->re.NumberOfCapturingGroups(); }

int capus_re2_group_named(const capus_re2 *re, const uint8_t *name, size_t count) {
    const auto &groups = re->re.NamedCapturingGroups();
    auto found = groups.find(std::string(reinterpret_cast<const char *>(name), count));
    return found == groups.end() ? -1 : found->second;
}

}
