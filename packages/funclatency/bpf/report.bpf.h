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

static __noinline __u32 caller_pid(void)
{
	return current_pid();
}

static __noinline bool is_caller_wanted(void)
{
	return pid_in_scope(caller_pid());
}

/* Asks who runs only where that matters. */
static __always_inline bool is_wanted(void)
{
	return (!scope_by_pid && !scope_cgroup_id) || is_caller_wanted();
}

/* Whether the call that begins here is one that is timed. What is left out is no event. */
static __always_inline bool is_sampled(void)
{
	if (!sample_below)
		return true;
	count_quality(calls);
	return bpf_get_prandom_u32() < sample_below;
}

/* Counts a time under a key of its own. */
static __noinline void report_apart(__u32 function, __u32 level, __u32 slot, __u64 ns)
{
	struct histogram_key key = {.chunk = slot / SLOTS_PER_CHUNK};
	int err;

	if (per_function)
		key.function = function;
	if (per_process)
		key.pid = caller_pid();
	if (levels)
		key.level = level < levels ? level : levels;
	err = histogram_add(&histograms, &key, slot, ns, 0);
	if (err)
		count_refused(err);
}

static __noinline void report(__u32 function, __u32 level, __u64 ns)
{
	struct histogram_chunk *counted;
	__u32 slot, chunk;

	ns -= ns < probe_cost_ns ? ns : probe_cost_ns;
	slot = histogram_slot(ns);
	if (per_function || per_process || levels) {
		report_apart(function, level, slot, ns);
		return;
	}
	chunk = slot / SLOTS_PER_CHUNK;
	counted = bpf_map_lookup_elem(&histogram, &chunk);
	if (counted)
		chunk_add(counted, slot, ns, 0);
}

#endif
