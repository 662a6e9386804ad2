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

/* A new life under an id that is still open: of the old one we missed the end. */
static __always_inline void replace(struct start *open, const struct start *start)
{
	count_lost(no_end);
	count_stat(events);
	*open = *start;
}

/* An insert that finds no room is not counted: the issue will be, in its place. */
static __always_inline void on_insert(const struct io *io)
{
	struct start start = new_start(io, bpf_ktime_get_ns()), *open;
	int err = put_start(io->id, &start, &open);

	if (!err)
		count_stat(events);
	else if (err == -EEXIST && !open->is_requeued)
		replace(open, &start);
}

/* Returns whether this is the issue of a request that is open already. */
static __always_inline bool is_going_on(struct start *open, __u64 now)
{
	if (from_insert && !open->issue_ns) {
		open->issue_ns = now;
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
	__u64 now = bpf_ktime_get_ns();
	struct start start = new_start(io, now), *open;
	int err;

	if (from_insert) {
		open = find_open(io->id);
		if (open && is_going_on(open, now))
			return;
		start.issue_ns = now;
		if (allocated_ns && allocated_ns <= now) {
			start.begin_ns = allocated_ns;
			count_quality(queued_since_allocation);
		} else {
			count_quality(queue_time_unknown);
		}
	}
	err = put_start(io->id, &start, &open);
	if (err == -EEXIST) {
		if (!is_going_on(open, now))
			replace(open, &start);
		return;
	}
	count_stat(events);
	if (err)
		count_refused(err);
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

	if (open && !open->issue_ns && close_start(id, open))
		count_quality(merged);
}

#endif
