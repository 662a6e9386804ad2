/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_HISTOGRAM_BPF_H
#define PROBEKIT_HISTOGRAM_BPF_H

#include "map.bpf.h"
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
const volatile bool histogram_sizes = false;

struct histogram_chunk {
	__u64 sum_ns;
	__u64 bytes; /* of the events, with histogram_sizes */
	__u64 slots[SLOTS_PER_CHUNK];
};

#define HISTOGRAMS(name, key_type, chunks)             \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_HASH);       \
		__uint(max_entries, chunks);           \
		__type(key, key_type);                 \
		__type(value, struct histogram_chunk); \
	} name SEC(".maps")

/* One histogram alone, by chunk: its chunks are all there from the start, and found without
 * hashing. */
#define MAX_CHUNKS 60 /* of 2^64 - 1 with 5 bits */
#define HISTOGRAM(name)                                \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);      \
		__uint(max_entries, MAX_CHUNKS);       \
		__type(key, __u32);                    \
		__type(value, struct histogram_chunk); \
	} name SEC(".maps")

/* What a new chunk is a copy of; never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct histogram_chunk);
} empty_chunk SEC(".maps");

static __always_inline __u32 histogram_slot(__u64 ns)
{
	return slot_of(in_unit(ns, histogram_unit, histogram_bits), histogram_bits);
}

static __always_inline void chunk_add(struct histogram_chunk *chunk, __u32 slot, __u64 ns,
				      __u64 bytes)
{
	__sync_fetch_and_add(&chunk->slots[slot % SLOTS_PER_CHUNK], 1);
	__sync_fetch_and_add(&chunk->sum_ns, ns);
	/* Of an addition of nothing clang makes an atomic OR, which kernels before 5.12 refuse. */
	if (histogram_sizes && bytes)
		__sync_fetch_and_add(&chunk->bytes, bytes);
}

/* One event more under `key`, whose chunk must be that of `slot`. 0, or why there is no room:
 * -E2BIG, else busy. */
static __always_inline int histogram_add(void *map, const void *key, __u32 slot, __u64 ns,
					 __u64 bytes)
{
	struct histogram_chunk *chunk = bpf_map_lookup_elem(map, key), *empty;
	__u32 zero = 0;
	int err;

	if (!chunk) {
		empty = bpf_map_lookup_elem(&empty_chunk, &zero);
		if (!empty)
			return -ENOENT;
		err = map_update(map, key, empty, BPF_NOEXIST);
		if (err == -E2BIG)
			return err;
		chunk = bpf_map_lookup_elem(map, key); /* ours, or another CPU was first */
		if (!chunk)
			return -EBUSY;
	}
	chunk_add(chunk, slot, ns, bytes);
	return 0;
}

#endif
