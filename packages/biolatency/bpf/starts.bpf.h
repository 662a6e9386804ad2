/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BIOLATENCY_STARTS_BPF_H
#define BIOLATENCY_STARTS_BPF_H

#include "io.bpf.h"

/* The I/Os that have begun, each under the id that its end is recognized by. What every I/O needs
 * comes first, in the cache line of the key. */
struct start {
	__u64 begin_ns; /* inserted, or else issued */
	__u16 is_open;	/* else its life is over, and its place is kept for the next one */
	__u16 is_requeued;
	__u32 bytes;	/* where sizes are counted, or tell a part from the whole */
	__u64 issue_ns; /* 0: not issued yet; with from_insert */
	__u32 disk;	/* of bios */
	__u32 flags;	/* of bios */
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

static __always_inline void begin(struct start *start, const struct io *io, __u64 begin_ns,
				  __u64 issue_ns)
{
	start->begin_ns = begin_ns;
	start->is_open = 1;
	start->is_requeued = 0;
	start->bytes = io->bytes;
	if (from_insert)
		start->issue_ns = issue_ns;
	if (bios) {
		start->disk = io->disk;
		start->flags = io->flags;
	}
}

static __always_inline bool is_open(const struct start *place)
{
	return place && (!keep_starts || place->is_open);
}

/* The open start of that id. */
static __always_inline struct start *find_open(__u64 id)
{
	struct start *place = bpf_map_lookup_elem(&starts, &id);

	return is_open(place) ? place : NULL;
}

/* Makes a place for a start. 0, with `place` where there is one already; else why it cannot. */
static __always_inline int insert_start(const struct io *io, __u64 begin_ns, __u64 issue_ns,
					struct start **place)
{
	struct start start = {};
	int err;

	begin(&start, io, begin_ns, issue_ns);
	err = map_update(&starts, &io->id, &start, BPF_NOEXIST);
	if (err != -EEXIST)
		return err;
	*place = bpf_map_lookup_elem(&starts, &io->id);
	return *place ? 0 : -EBUSY;
}

/* Whether it was there to be ended. */
static __always_inline bool end_start(__u64 id, struct start *open)
{
	if (!keep_starts)
		return !bpf_map_delete_elem(&starts, &id);
	open->is_open = 0;
	return true;
}

/*
 * The start of what ends now; NULL: we have none. `copy`: room for one that gives up
 * its place. A place that is kept stays as it is until our program returns, since
 * nobody takes the request before.
 */
static __always_inline struct start *take_start(__u64 id, struct start *copy)
{
	struct start *open = find_open(id);

	if (!open)
		return NULL;
	if (keep_starts) {
		open->is_open = 0;
		return open;
	}
	*copy = *open;
	return end_start(id, open) ? copy : NULL;
}

#endif
