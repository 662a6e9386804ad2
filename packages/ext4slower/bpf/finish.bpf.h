/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_FINISH_BPF_H
#define EXT4SLOWER_FINISH_BPF_H

#include "histogram.bpf.h"
#include "quality.bpf.h"
#include "scope.bpf.h"
#include "scratch.bpf.h"

/* All latencies, by operation: each has its chunks, found without hashing. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, OPS *MAX_CHUNKS);
	__type(key, __u32);
	__type(value, struct histogram_chunk);
} latencies SEC(".maps");

static __always_inline void count_latency(__u32 op, __u64 ns)
{
	__u32 slot = histogram_slot(ns);
	__u32 key = op * MAX_CHUNKS + slot / SLOTS_PER_CHUNK;
	struct histogram_chunk *chunk = bpf_map_lookup_elem(&latencies, &key);

	if (chunk)
		chunk_add(chunk, slot, ns, 0);
}

/* What is known of an operation when it begins. */
struct start {
	__u64 start_ns;
	addr_t subject; /* a file, or with TRAIT_DENTRY a dentry */
	addr_t iocb;
	addr_t to; /* of a rename: the dentry of the new name */
	__u64 offset;
	__u64 bytes;
	__s32 fd;
	__u8 op;
	__u8 traits;
	bool is_open;
	bool is_counted;    /* as an event */
	bool is_positioned; /* the call said where */
};

struct who {
	__u32 pid;
	__u32 tid;
	char comm[TASK_COMM_LEN];
};

static __always_inline struct who current_who(void)
{
	struct task_ids ids = current_ids();
	struct who who = {.pid = ids.pid, .tid = ids.tid};

	bpf_get_current_comm(who.comm, sizeof(who.comm));
	return who;
}

static __always_inline bool is_below_threshold(__u64 ns)
{
	return min_ns && ns <= min_ns;
}

/* Most operations end here: true when that was all. */
static __always_inline bool finish_fast(__u32 op, __u64 ns)
{
	if (!is_below_threshold(ns))
		return false;
	count_latency(op, ns);
	count_stat(below_threshold);
	return true;
}

static __always_inline void fill_paths(struct scratch *scratch, const struct start *start)
{
	struct operation *row = &scratch->operation;
	struct dentry *dentry = (struct dentry *)start->subject;
	__u64 root = 0;
	int walked;

	if (!dentry)
		return;
	if (start->traits & TRAIT_DENTRY) {
		row->dev = BPF_CORE_READ(dentry, d_sb, s_dev);
	} else {
		struct file *file = (struct file *)start->subject;

		row->mount = mount_id(file);
		dentry = BPF_CORE_READ(file, f_path.dentry);
		root = (__u64)BPF_CORE_READ(file, f_path.mnt, mnt_root);
	}
	walked = walk_path((__u64)dentry, root, scratch->number, 0);
	row->path_bytes = walked & ~WALK_CUT;
	row->traits |= TRAIT_PATH | (walked & WALK_CUT ? TRAIT_CUT : 0) |
		       (is_unlinked(dentry) ? TRAIT_DELETED : 0);
	if (start->to) {
		walked = walk_path(start->to, 0, scratch->number, row->path_bytes);
		row->to_bytes = walked & ~WALK_CUT;
		row->traits |= walked & WALK_CUT ? TRAIT_CUT : 0;
	}
}

/*
 * The event's end: exactly one of reported, below the threshold, lost. `who`: NULL for the
 * current thread. `returned`: bytes, or a negative errno.
 */
static __always_inline void finish(const struct start *start, const struct who *who, long returned,
				   __u64 now)
{
	__u64 ns = now - start->start_ns;
	struct scratch *scratch;
	struct operation *row;
	__u32 size;

	if (finish_fast(start->op, ns))
		return;
	count_latency(start->op, ns);
	scratch = take_scratch();
	if (!scratch) {
		count_lost(map_busy);
		return;
	}
	row = &scratch->operation;
	row->start_ns = start->start_ns;
	row->latency_ns = ns;
	row->op = start->op;
	row->traits = start->traits & (TRAIT_OFFSET | TRAIT_BYTES | TRAIT_DENTRY | TRAIT_ASYNC);
	row->offset = start->offset;
	row->bytes = start->bytes;
	row->error = returned < 0 ? -returned : 0;
	row->path_bytes = 0;
	row->to_bytes = 0;
	row->mount = 0;
	row->dev = 0;
	if (who) {
		row->pid = who->pid;
		row->tid = who->tid;
		__builtin_memcpy(row->comm, who->comm, sizeof(row->comm));
	} else {
		struct task_ids ids = current_ids();

		row->pid = ids.pid;
		row->tid = ids.tid;
		bpf_get_current_comm(row->comm, sizeof(row->comm));
	}
	if (row->error)
		row->traits &= ~TRAIT_BYTES;
	fill_paths(scratch, start);
	size = row->path_bytes + row->to_bytes;
	if (size > ROOM_FOR_PATHS + MAX_NAME)
		size = ROOM_FOR_PATHS + MAX_NAME;
	if (bpf_ringbuf_output(&operations, row, sizeof(*row) + size, 0))
		count_lost(ring_full);
	free_scratch(scratch);
}

#endif
