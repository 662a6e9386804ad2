/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_COMPLETION_BPF_H
#define EXT4SLOWER_COMPLETION_BPF_H

#include "async.bpf.h"

/*
 * Where iomap_dio_complete() runs, by thread and stack frame: interrupts run it in the middle of
 * itself, and the idle threads of all CPUs have one number.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, addr_t);
} completions SEC(".maps");

static __always_inline __u64 completion_key(__u32 frame)
{
	return bpf_get_current_pid_tgid() << 32 | frame;
}

static __always_inline void on_completion(addr_t iocb, __u32 frame)
{
	__u64 key = completion_key(frame);

	if (!bpf_map_lookup_elem(&asyncs, &iocb))
		return;
	/* Without room there is nothing but now. */
	if (map_update(&completions, &key, &iocb, BPF_ANY))
		on_completed(iocb, 0, 0, bpf_ktime_get_ns());
}

static __always_inline void on_completion_return(long returned, __u32 frame)
{
	__u64 now = bpf_ktime_get_ns(), key = completion_key(frame);
	addr_t *found = bpf_map_lookup_elem(&completions, &key), iocb;

	if (!found)
		return;
	iocb = *found;
	bpf_map_delete_elem(&completions, &key);
	on_completed(iocb, returned, TRAIT_BYTES, now);
}

/* The program gets a result: what would have waited is not tried again (RWF_NOWAIT). */
static __always_inline void on_result(addr_t iocb)
{
	struct async *found = bpf_map_lookup_elem(&asyncs, &iocb), async;

	if (!found || found->state != TO_BE_RETRIED)
		return;
	async = *found;
	if (bpf_map_delete_elem(&asyncs, &iocb))
		return;
	/* It waited for a page, and nobody called again. */
	if (async.result == -EIOCBQUEUED)
		async.result = -ECANCELED;
	finish(&async.start, &async.who, async.result, bpf_ktime_get_ns());
}

#endif
