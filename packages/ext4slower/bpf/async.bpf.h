/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_ASYNC_BPF_H
#define EXT4SLOWER_ASYNC_BPF_H

#include "start.bpf.h"

/*
 * Reads and writes whose call can return before they are over: AIO, io_uring, loop
 * devices. They go by their kiocb until iomap_dio_complete() is through with it, and
 * whoever deletes them reports them.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kiocb {
	struct file *ki_filp;
	__s64 ki_pos;
	void *ki_complete;
	int ki_flags;
};

struct iomap_dio {
	struct kiocb *iocb;
};

#pragma clang attribute pop

/* linux/errno.h: of the kernel alone. */
#define EIOCBQUEUED 529

/* linux/fs.h; RWF_ of the user ABI from 5.10 on (ce71bfea207b). */
#define IOCB_NOWAIT 0x8
#define IOCB_APPEND 0x10
#define IOCB_DIRECT (1 << 17)

enum async_state {
	SUBMITTED,
	TO_BE_RETRIED, /* it would have waited, and is made again, or has failed */
};

struct async {
	struct start start;
	struct who who;
	__u64 completed_ns; /* while the call that began it had not returned */
	__s64 result;	    /* of the completion, or of the call to be made again */
	__u32 state;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, addr_t);
	__type(value, struct async);
} asyncs SEC(".maps");

/* Whether iomap_dio_complete() is hooked. */
const volatile bool sees_completions = false;

/* true: the same operation as before, which is no event of its own. */
static __always_inline bool is_retry(__u32 op, addr_t iocb, struct file *file)
{
	struct async *async = bpf_map_lookup_elem(&asyncs, &iocb);
	struct start start;
	int err;

	if (!async)
		return false;
	if (async->state != TO_BE_RETRIED || async->start.op != op ||
	    async->start.subject != (__u64)file) {
		/* Its memory is another's: an end of which nothing was seen. */
		if (!bpf_map_delete_elem(&asyncs, &iocb))
			count_lost(no_end);
		return false;
	}
	async->state = SUBMITTED;
	start = async->start;
	err = begin(op, &start);
	if (err && !bpf_map_delete_elem(&asyncs, &iocb))
		count_refused(err);
	count_quality(retries);
	return true;
}

static __always_inline void begin_async(__u32 op, struct start *start)
{
	struct async async = {.state = SUBMITTED};
	int err;

	start->is_open = true;
	start->traits |= TRAIT_ASYNC;
	start->start_ns = bpf_ktime_get_ns();
	async.start = *start;
	async.who = current_who();
	count_stat(events);
	err = map_update(&asyncs, &start->iocb, &async, BPF_ANY);
	if (err) {
		count_refused(err);
		return;
	}
	err = begin(op, start);
	if (err && !bpf_map_delete_elem(&asyncs, &start->iocb))
		count_refused(err);
}

/* By io_uring and loop devices; who leaves it at that has a result (on_result()). */
static __always_inline bool may_be_retried(struct kiocb *iocb, long returned)
{
	int flags = BPF_CORE_READ(iocb, ki_flags);

	/* io_uring is called again when the page is there. */
	if (returned == -EIOCBQUEUED)
		return !(flags & IOCB_DIRECT);
	return returned == -EAGAIN && flags & IOCB_NOWAIT;
}

/*
 * The call that began it has returned. Whether it is over: then `async` is a copy of it, and
 * `returned` and `now` are those of its end.
 */
static __always_inline bool is_over(const struct start *start, struct async *async, long *returned,
				    __u64 *now)
{
	addr_t iocb = start->iocb;
	struct async *found = bpf_map_lookup_elem(&asyncs, &iocb);

	/* Over, reported, and its memory maybe another's. */
	if (!found || found->start.start_ns != start->start_ns)
		return false;
	if (*returned == -EIOCBQUEUED && found->completed_ns) {
		*returned = found->result;
		*now = found->completed_ns;
	} else if (may_be_retried((struct kiocb *)iocb, *returned)) {
		found->state = TO_BE_RETRIED;
		found->result = *returned;
		return false;
	} else if (*returned == -EIOCBQUEUED) {
		if (!sees_completions && !bpf_map_delete_elem(&asyncs, &iocb))
			count_lost(async_not_timed);
		return false;
	}
	*async = *found;
	return !bpf_map_delete_elem(&asyncs, &iocb);
}

/* Whether this thread is still in the call that began it. */
static __always_inline bool is_submitting(const struct async *async)
{
	__u64 key = place_of(async->start.op);
	struct start *start = bpf_map_lookup_elem(&starts, &key);

	return start && start->is_open && start->start_ns == async->start.start_ns;
}

static __always_inline void on_completed(addr_t iocb, long returned, __u32 traits, __u64 now)
{
	struct async *found = bpf_map_lookup_elem(&asyncs, &iocb), async;

	if (!found)
		return;
	if (is_submitting(found)) {
		found->result = returned;
		found->completed_ns = now;
		return;
	}
	async = *found;
	if (bpf_map_delete_elem(&asyncs, &iocb))
		return;
	async.start.traits |= traits;
	async.start.bytes = returned;
	finish(&async.start, &async.who, returned, now);
}

#endif
