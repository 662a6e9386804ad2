/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_STATS_BPF_H
#define PROBEKIT_STATS_BPF_H

#include "kernel.bpf.h"

/*
 * What became of every event. An event is a start in the tool's scope, and
 *
 *   events = reported + below_threshold + in_flight + sum(lost_*)
 *
 * where core counts `reported` and `in_flight` on its own side.
 */
struct stats {
	__u64 events;
	__u64 below_threshold;
	__u64 unmatched_ends;
	__u64 lost_map_full;
	__u64 lost_map_busy;
	__u64 lost_ring_full;
	__u64 lost_ring_busy;
	__u64 lost_no_end;
	__u64 lost_async_not_timed;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stats);
} stats SEC(".maps");

/*
 * An object built with -DOMIT_LOSS=LOSS_<cause> forgets that one cause. Tests
 * build such objects and require the equation above to fail.
 */
enum loss {
	LOSS_none,
	LOSS_map_full,
	LOSS_map_busy,
	LOSS_ring_full,
	LOSS_ring_busy,
	LOSS_no_end,
	LOSS_async_not_timed,
};

#ifndef OMIT_LOSS
#define OMIT_LOSS LOSS_none
#endif

static __always_inline struct stats *this_cpu_stats(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&stats, &zero);
}

/* Atomic although per CPU: an interrupt may run another of our programs in the
 * middle of this one. */
#define add_stat(field, count)                                       \
	do {                                                         \
		struct stats *stats_ = this_cpu_stats();             \
		if (stats_)                                          \
			__sync_fetch_and_add(&stats_->field, count); \
	} while (0)

#define count_stat(field) add_stat(field, 1)

#define add_lost(cause, count)                         \
	do {                                           \
		if (OMIT_LOSS != LOSS_##cause)         \
			add_stat(lost_##cause, count); \
	} while (0)

#define count_lost(cause) add_lost(cause, 1)

/* Of an event that found no room: what map_update() or histogram_add() returned. */
static __always_inline void count_refused(int err)
{
	if (err == -E2BIG)
		count_lost(map_full);
	else
		count_lost(map_busy);
}

/*
 * What is no loss, but a person should know of what is reported. A tool whose
 * `struct quality` has a __u64 for each such fact writes QUALITY; below it.
 */
#define QUALITY                                          \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, 1);                  \
		__type(key, __u32);                      \
		__type(value, struct quality);           \
	} quality SEC(".maps")

/* Atomic for the reason that count_stat() has. */
#define count_quality(field)                                                      \
	do {                                                                      \
		__u32 zero_ = 0;                                                  \
		struct quality *quality_ = bpf_map_lookup_elem(&quality, &zero_); \
		if (quality_)                                                     \
			__sync_fetch_and_add(&quality_->field, 1);                \
	} while (0)

#endif
