/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FUNCLATENCY_REPORT_BPF_H
#define FUNCLATENCY_REPORT_BPF_H

#include "histogram.bpf.h"
#include "quality.bpf.h"
#include "scope.bpf.h"

/* Where times are counted, and which calls are timed at all. */
const volatile bool per_function = false;
const volatile bool per_process = false;
const volatile __u32 levels = 0;	/* histograms of that many levels of nesting; 0: of none */
const volatile __u32 sample_below = 0;	/* random numbers below it are sampled; 0: all calls */
const volatile __u64 probe_cost_ns = 0; /* subtracted from each call */

struct histogram_key {
	__u32 function;
	__u32 pid;
	__u32 level;
	__u32 chunk;
};

HISTOGRAM(histogram);
HISTOGRAMS(histograms, struct histogram_key, 1);

/* Asks who runs only where that matters. */
static __always_inline bool is_wanted(void)
{
	return (!scope_by_pid && !scope_cgroup_id) || in_scope(current_ids());
}

/* Whether the call that begins here is one that is timed. What is left out is no event. */
static __always_inline bool is_sampled(void)
{
	if (!sample_below)
		return true;
	count_quality(calls);
	return bpf_get_prandom_u32() < sample_below;
}

static __always_inline void report(__u32 function, __u32 level, __u64 ns)
{
	__u32 slot, chunk;

	ns -= ns < probe_cost_ns ? ns : probe_cost_ns;
	slot = histogram_slot(ns);
	chunk = slot / SLOTS_PER_CHUNK;
	if (per_function || per_process || levels) {
		struct histogram_key key = {.chunk = chunk};
		int err;

		if (per_function)
			key.function = function;
		if (per_process)
			key.pid = current_ids().pid;
		if (levels)
			key.level = level < levels ? level : levels;
		err = histogram_add(&histograms, &key, slot, ns, 0);
		if (err)
			count_refused(err);
	} else {
		struct histogram_chunk *counted = bpf_map_lookup_elem(&histogram, &chunk);

		if (counted)
			chunk_add(counted, slot, ns, 0);
	}
}

#endif
