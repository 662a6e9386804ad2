/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BIOLATENCY_LIFE_BPF_H
#define BIOLATENCY_LIFE_BPF_H

#include "slowest.bpf.h"

/*
 * The life of a request: insert -> issue -> (requeue -> issue)* -> complete, of
 * which schedulers of the kind `none` leave out the insert. A requeue keeps the
 * first issue. An insert or issue of a request that is open and was not requeued
 * means that its old life ended where nothing told us.
 */
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

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64);
	__type(value, struct start);
} starts SEC(".maps");

HISTOGRAMS(histograms, struct histogram_key, 1024);

/* Where all are one, without disks, flags and stages. */
HISTOGRAM(histogram);

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
