// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Requests and bios as tp_btf and raw_tp show them: the same bodies, which know the
 * types of what they read (`typed`) or not. What the tracepoints' own records show
 * is in tracepoints.bpf.h.
 */
#include "latency.bpf.h"
#include "life.bpf.h"
#include "tracepoints.bpf.h"

static __always_inline bool in_scope(struct request *rq, const struct io *io, const bool typed)
{
	struct bio *bio;

	if (!on_wanted_disk(io))
		return false;
	if (cgroup_by == ANY_CGROUP)
		return true;
	bio = GET(typed, rq, bio);
	return in_wanted_cgroup(bio);
}

static __always_inline int inserted(struct request *rq, const bool typed)
{
	struct io io = request_io(rq, false, typed);

	if (!in_scope(rq, &io, typed))
		return 0;
	if (want_slowest)
		remember_origin(&io, GET(typed, rq, bio), BPF_ANY);
	if (from_insert)
		on_insert(&io);
	return 0;
}

static __always_inline int issued(struct request *rq, const bool typed)
{
	struct io io = request_io(rq, false, typed);
	__u64 allocated_ns = 0;

	if (!in_scope(rq, &io, typed)) {
		if (cgroup_by != ANY_CGROUP && !GET(typed, rq, bio))
			count_quality(not_attributable);
		return 0;
	}
	if (want_slowest)
		remember_origin(&io, GET(typed, rq, bio), BPF_NOEXIST);
	if (from_insert)
		allocated_ns = GET(typed, rq, start_time_ns);
	on_issue(&io, allocated_ns);
	return 0;
}

static __always_inline void ended(struct request *rq, __u64 now, const bool typed)
{
	struct io io = request_io(rq, true, typed);
	struct start copy, *start = take_start(io.id, &copy);

	if (start)
		on_end(&io, start, now);
	else if (in_scope(rq, &io, typed))
		count_stat(unmatched_ends);
}

static __always_inline int completed(struct request *rq, __u32 bytes, const bool typed)
{
	__u64 now = bpf_ktime_get_ns();

	if (bytes < GET(typed, rq, __data_len))
		count_quality(parts);
	else
		ended(rq, now, typed);
	if (cgroup_by == SUBMITTER)
		forget_submitters(GET(typed, rq, bio));
	return 0;
}

static __always_inline int bio_queued(struct bio *bio, const bool typed)
{
	struct io io;

	if (!bios) {
		remember_submitter(bio);
		return 0;
	}
	io = bio_io(bio, typed);
	if (!on_wanted_disk(&io) || !stays_bio(bio, typed))
		return 0;
	if (cgroup_by == SUBMITTER ? !in_cgroup(cgroup_wanted) : !in_wanted_cgroup(bio))
		return 0;
	if (want_slowest)
		remember_origin(&io, bio, BPF_ANY);
	on_issue(&io, 0);
	return 0;
}

static __always_inline int bio_completed(struct bio *bio, const bool typed)
{
	__u64 now = bpf_ktime_get_ns(), id = (__u64)bio;
	struct io io = {.id = id};
	struct start copy, *start;

	if (!bios) {
		bpf_map_delete_elem(&submitted, &id);
		return 0;
	}
	start = take_start(id, &copy);
	if (start) {
		io.disk = start->disk;
		io.flags = start->flags;
		on_end(&io, start, now);
	} else if (!only_disk && cgroup_by == ANY_CGROUP) {
		count_stat(unmatched_ends);
	}
	return 0;
}

#define REQUEST_PROGRAMS(section, prefix, typed)                                  \
	SEC(section "block_rq_insert")                                            \
	int prefix##_insert(__u64 *ctx)                                           \
	{                                                                         \
		return inserted(request_argument(ctx), typed);                    \
	}                                                                         \
	SEC(section "block_rq_issue")                                             \
	int prefix##_issue(__u64 *ctx)                                            \
	{                                                                         \
		return issued(request_argument(ctx), typed);                      \
	}                                                                         \
	SEC(section "block_rq_requeue")                                           \
	int prefix##_requeue(__u64 *ctx)                                          \
	{                                                                         \
		on_requeue((__u64)request_argument(ctx));                         \
		return 0;                                                         \
	}                                                                         \
	SEC(section "block_rq_merge")                                             \
	int prefix##_merge(__u64 *ctx)                                            \
	{                                                                         \
		on_merge((__u64)request_argument(ctx));                           \
		return 0;                                                         \
	}                                                                         \
	SEC(section "block_rq_complete")                                          \
	int prefix##_complete(__u64 *ctx)                                         \
	{                                                                         \
		return completed((struct request *)ctx[0], (__u32)ctx[2], typed); \
	}                                                                         \
	SEC(section "block_bio_queue")                                            \
	int prefix##_bio_queue(__u64 *ctx)                                        \
	{                                                                         \
		return bio_queued(bio_argument(ctx), typed);                      \
	}                                                                         \
	SEC(section "block_bio_complete")                                         \
	int prefix##_bio_complete(__u64 *ctx)                                     \
	{                                                                         \
		return bio_completed((struct bio *)ctx[1], typed);                \
	}

REQUEST_PROGRAMS("tp_btf/", btf, true)
REQUEST_PROGRAMS("raw_tp/", raw, false)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
