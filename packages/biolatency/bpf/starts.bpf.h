/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BIOLATENCY_STARTS_BPF_H
#define BIOLATENCY_STARTS_BPF_H

#include "io.bpf.h"

/* The I/Os that have begun, each under the id that its end is recognized by. */
struct start {
	__u64 begin_ns; /* inserted, or else issued */
	__u64 issue_ns; /* 0: not issued yet; unused without from_insert */
	__u32 disk;
	__u32 flags;
	__u32 bytes;
	__u16 is_open; /* else its life is over, and its place is kept for the next one */
	__u16 is_requeued;
};

/*
 * The block layer uses its requests again and again: where there is room for all of
 * them, each keeps its place in the map, and nothing is inserted or deleted. That
 * halves the cost. Otherwise a start is deleted at its end.
 */
const volatile bool keep_starts = false;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64);
	__type(value, struct start);
} starts SEC(".maps");

/* The event is lost for want of room. */
static __always_inline void count_refused(int err)
{
	if (err == -E2BIG)
		count_lost(map_full);
	else
		count_lost(map_busy);
}

static __always_inline struct start new_start(const struct io *io, __u64 now)
{
	struct start start = {.begin_ns = now, .bytes = io->bytes, .is_open = 1};

	if (bios) {
		start.disk = io->disk;
		start.flags = io->flags;
	}
	return start;
}

/* The open start of that id. */
static __always_inline struct start *find_open(__u64 id)
{
	struct start *start = bpf_map_lookup_elem(&starts, &id);

	return start && (!keep_starts || start->is_open) ? start : NULL;
}

/* Whether it was there to be ended. */
static __always_inline bool close_start(__u64 id, struct start *open)
{
	if (!keep_starts)
		return !bpf_map_delete_elem(&starts, &id);
	open->is_open = 0;
	return true;
}

/* Puts a start into its place. 0, -EEXIST with the start that is open there, or why there is no
 * room. */
static __always_inline int put_start(__u64 id, const struct start *start, struct start **open)
{
	int err;

	if (keep_starts) {
		struct start *place = bpf_map_lookup_elem(&starts, &id);

		if (place && !place->is_open) {
			*place = *start;
			return 0;
		}
		if (place) {
			*open = place;
			return -EEXIST;
		}
	}
	err = map_update(&starts, &id, start, BPF_NOEXIST);
	if (err == -EEXIST) {
		*open = bpf_map_lookup_elem(&starts, &id);
		return *open ? -EEXIST : -EBUSY;
	}
	return err;
}

/* A copy of the start of what ends now; false: we have none. */
static __always_inline bool take_start(__u64 id, struct start *start)
{
	struct start *open = find_open(id);

	if (!open)
		return false;
	start->begin_ns = open->begin_ns;
	start->issue_ns = open->issue_ns;
	start->bytes = open->bytes;
	if (bios) {
		start->disk = open->disk;
		start->flags = open->flags;
	}
	return close_start(id, open);
}

#endif
