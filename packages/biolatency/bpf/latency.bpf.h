/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BIOLATENCY_LATENCY_BPF_H
#define BIOLATENCY_LATENCY_BPF_H

#include "slowest.bpf.h"
#include "starts.bpf.h"

/* Where an I/O that has ended is counted. */
enum stage {
	WHOLE,
	IN_QUEUE,
	IN_DEVICE,
};

struct histogram_key {
	__u32 disk;
	__u32 flags;
	__u32 stage;
	__u32 chunk;
};

HISTOGRAMS(histograms, struct histogram_key, 1024);

/* Where all are one, without disks, flags and stages. */
HISTOGRAM(histogram);

static __always_inline __u64 elapsed(__u64 from, __u64 to)
{
	return to > from ? to - from : 0;
}

static __always_inline int count_in(struct histogram_key *key, __u64 ns, __u64 bytes)
{
	__u32 slot = histogram_slot(ns);

	if (!per_disk && !per_flags && !split) {
		__u32 number = slot / SLOTS_PER_CHUNK;
		struct histogram_chunk *chunk = bpf_map_lookup_elem(&histogram, &number);

		if (chunk)
			chunk_add(chunk, slot, ns, bytes);
		return chunk ? 0 : -ENOENT;
	}
	key->chunk = slot / SLOTS_PER_CHUNK;
	return histogram_add(&histograms, key, slot, ns, bytes);
}

/* `io`: as of its end; of bios, disk and flags are those of their start. */
static __always_inline void on_end(struct io *io, const struct start *start, __u64 now)
{
	__u64 latency_ns = elapsed(start->begin_ns, now);
	struct histogram_key key = {};
	int err;

	if (per_disk)
		key.disk = io->disk;
	if (per_flags)
		key.flags = io->flags;
	if (want_slowest)
		consider_slowest(io, latency_ns);
	if (split) {
		__u64 issue_ns = start->issue_ns ?: now;

		key.stage = IN_QUEUE;
		if (count_in(&key, elapsed(start->begin_ns, issue_ns), start->bytes))
			count_quality(queue_times_lost);
		key.stage = IN_DEVICE;
		latency_ns = elapsed(issue_ns, now);
	}
	err = count_in(&key, latency_ns, start->bytes);
	if (err)
		count_refused(err);
}

#endif
