/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BIOLATENCY_LIFE_BPF_H
#define BIOLATENCY_LIFE_BPF_H

#include "starts.bpf.h"

/*
 * The life of a request: insert -> issue -> (requeue -> issue)* -> complete, of
 * which schedulers of the kind `none` leave out the insert. A requeue keeps the
 * first issue. An insert or issue of a request that is open and was not requeued
 * means that its old life ended where nothing told us.
 */

/* An insert that finds no room is not counted: the issue will be, in its place. */
static __always_inline void on_insert(const struct io *io)
{
	struct start *place = bpf_map_lookup_elem(&starts, &io->id);
	__u64 now = bpf_ktime_get_ns();
	int err = 0;

	if (!place)
		err = insert_start(io, now, 0, &place);
	if (is_open(place)) {
		if (place->is_requeued)
			return;
		count_lost(no_end);
	}
	if (place)
		begin(place, io, now, 0);
	if (!err)
		count_stat(events);
}

/* Returns whether this is the issue of a request that is open already: one that was inserted may
 * have grown since. */
static __always_inline bool is_going_on(struct start *open, const struct io *io, __u64 now)
{
	if (from_insert && !open->issue_ns) {
		open->issue_ns = now;
		open->bytes = io->bytes;
		return true;
	}
	if (!open->is_requeued)
		return false;
	open->is_requeued = 0;
	return true;
}

/* `allocated_ns`: of a request that was not inserted, the best that there is; 0: unknown. */
static __always_inline void on_issue(const struct io *io, __u64 allocated_ns)
{
	struct start *place = NULL;
	__u64 now = bpf_ktime_get_ns();
	bool is_known = from_insert && allocated_ns && allocated_ns <= now;
	__u64 begin_ns = is_known ? allocated_ns : now;
	int err = 0;

	/* Elsewhere hardly ever is anything there. */
	if (keep_starts || from_insert)
		place = bpf_map_lookup_elem(&starts, &io->id);
	if (!place)
		err = insert_start(io, begin_ns, now, &place);
	if (is_open(place)) {
		if (is_going_on(place, io, now))
			return;
		count_lost(no_end);
	}
	if (place)
		begin(place, io, begin_ns, now);
	count_stat(events);
	if (err)
		count_refused(err);
	if (!from_insert)
		return;
	if (is_known)
		count_quality(queued_since_allocation);
	else
		count_quality(queue_time_unknown);
}

static __always_inline void on_requeue(__u64 id)
{
	struct start *open = find_open(id);

	if (!open || (from_insert && !open->issue_ns))
		return;
	open->is_requeued = 1;
	count_quality(requeued);
}

/* A request that waits is taken into another: it is no event of its own, and core takes it off
 * their number. */
static __always_inline void on_merge(__u64 id)
{
	struct start *open = find_open(id);

	if (from_insert && open && !open->issue_ns && end_start(id, open))
		count_quality(merged);
}

#endif
