/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_START_BPF_H
#define EXT4SLOWER_START_BPF_H

#include "map.bpf.h"
#include "finish.bpf.h"

/*
 * Starts by thread and operation, so that what runs inside of another keeps its
 * own. A place stays until its thread exits: to begin and to end is then a lookup
 * and a write, without insertion or deletion.
 */
enum place {
	PLACE_CALL = OPS, /* a system call */
	PLACES,
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, struct start);
} starts SEC(".maps");

static __always_inline __u64 place_of(__u32 place)
{
	return (bpf_get_current_pid_tgid() << 8 & 0xffffffff00ULL) | place;
}

/* 0, or why there is no room. */
static __always_inline int begin(__u32 place, const struct start *start)
{
	__u64 key = place_of(place);
	struct start *found = bpf_map_lookup_elem(&starts, &key);

	if (!found)
		return map_update(&starts, &key, start, BPF_NOEXIST);
	if (found->is_open && found->is_counted)
		count_lost(no_end);
	*found = *start;
	return 0;
}

/* An event of the current thread alone. */
static __always_inline void begin_event(__u32 place, struct start *start)
{
	int err;

	start->is_open = true;
	start->is_counted = true;
	count_stat(events);
	start->start_ns = bpf_ktime_get_ns();
	err = begin(place, start);
	if (err)
		count_refused(err);
}

/* What began here, and is over now; NULL when nothing did. */
static __always_inline struct start *end(__u32 place)
{
	__u64 key = place_of(place);
	struct start *found = bpf_map_lookup_elem(&starts, &key);

	if (!found || !found->is_open)
		return NULL;
	found->is_open = false;
	return found;
}

/* Which places any program of this run uses. */
const volatile __u32 places = 0xffffffff;

static __always_inline void forget_thread(void)
{
	for (__u32 place = 0; place < PLACES; place++) {
		__u64 key = place_of(place);
		struct start *found;

		if (!(places & (1U << place)))
			continue;
		found = bpf_map_lookup_elem(&starts, &key);
		if (!found)
			continue;
		if (found->is_open && found->is_counted)
			count_lost(no_end);
		bpf_map_delete_elem(&starts, &key);
	}
}

#endif
