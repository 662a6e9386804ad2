/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_HISTOGRAM_BPF_H
#define PROBEKIT_HISTOGRAM_BPF_H

#include "slots.bpf.h"
#include "stats.bpf.h"

/*
 * Histograms of times, as many as the tool's keys tell apart. They are cumulative
 * and never cleared, so that no count can fall between a read and a clear: user
 * space subtracts what it read before (src/histogram/series.ts).
 *
 * A histogram lies in chunks of 32 slots, made when a value first falls into one:
 * with 5 bits a chunk is one power of two, with 0 bits two chunks hold every time.
 * The key of a map of histograms is a struct whose `chunk` is the chunk's number.
 */
#define SLOTS_PER_CHUNK 32

const volatile __u8 histogram_unit = UNIT_USECS;
const volatile __u8 histogram_bits = 0;

struct histogram_chunk {
	__u64 sum_ns;
	__u64 slots[SLOTS_PER_CHUNK];
};

#define HISTOGRAMS(name, key_type, chunks)             \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_HASH);       \
		__uint(max_entries, chunks);           \
		__type(key, key_type);                 \
		__type(value, struct histogram_chunk); \
	} name SEC(".maps")

/* What a new chunk is a copy of; never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct histogram_chunk);
} empty_chunk SEC(".maps");

/* A new chunk, or NULL after counting one event as lost. */
static __always_inline struct histogram_chunk *new_chunk(void *map, void *key)
{
	__u32 zero = 0;
	struct histogram_chunk *empty = bpf_map_lookup_elem(&empty_chunk, &zero), *chunk;

	if (!empty)
		return NULL;
	if (bpf_map_update_elem(map, key, empty, BPF_NOEXIST) == -E2BIG) {
		count_lost(map_full);
		return NULL;
	}
	chunk = bpf_map_lookup_elem(map, key); /* ours, or that of another CPU that was first */
	if (!chunk)
		count_lost(map_busy);
	return chunk;
}

/* Counts one event that took `ns` under `key`, whose chunk this sets. */
#define histogram_add(map, key, ns)                                                            \
	do {                                                                                   \
		__u64 ns_ = ns;                                                                \
		__u32 slot_ =                                                                  \
			slot_of(in_unit(ns_, histogram_unit, histogram_bits), histogram_bits); \
		struct histogram_chunk *chunk_;                                                \
                                                                                               \
		(key)->chunk = slot_ / SLOTS_PER_CHUNK;                                        \
		chunk_ = bpf_map_lookup_elem(map, key);                                        \
		if (!chunk_)                                                                   \
			chunk_ = new_chunk(map, key);                                          \
		if (chunk_) {                                                                  \
			__sync_fetch_and_add(&chunk_->slots[slot_ % SLOTS_PER_CHUNK], 1);      \
			__sync_fetch_and_add(&chunk_->sum_ns, ns_);                            \
		}                                                                              \
	} while (0)

#endif
