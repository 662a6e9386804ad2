/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_OPERATION_BPF_H
#define EXT4SLOWER_OPERATION_BPF_H

#include "histogram.bpf.h"
#include "path.bpf.h"
#include "quality.bpf.h"
#include "ring.bpf.h"
#include "scope.bpf.h"

/* src/operations.ts names them. */
enum op {
	OP_READ,
	OP_WRITE,
	OP_OPEN,
	OP_SYNC,
	OP_MMAP,
	OP_MKWRITE,
	OP_SPLICE,
	OP_TRUNCATE,
	OP_RENAME,
	OP_UNLINK,
	OP_MKDIR,
	OP_READDIR,
	OPS,
};

enum trait {
	TRAIT_OFFSET = 1 << 0, /* `offset` means something */
	TRAIT_BYTES = 1 << 1,
	TRAIT_DENTRY = 1 << 2, /* what the start keeps is a dentry, and no file */
	TRAIT_PATH = 1 << 3,
	TRAIT_CUT = 1 << 4,
	TRAIT_DELETED = 1 << 5,
	TRAIT_ASYNC = 1 << 6,
};

/* One row; the names of its path follow. */
struct operation {
	__u64 start_ns; /* CLOCK_MONOTONIC */
	__u64 latency_ns;
	__u64 offset;
	__u64 bytes;
	__u32 pid;
	__u32 tid;
	__u32 error;
	__u32 path_bytes;
	__u32 mount; /* 0: not known */
	char comm[TASK_COMM_LEN];
	__u8 op;
	__u8 traits;
};

const volatile __u64 min_ns = 0;

RING(operations, struct operation, 16 * 1024 * 1024);

/* Where a row is built, since its size is known only when its path is. Programs can be preempted
 * by others of ours on the same CPU: so there are several, each with its count of users. */
#define SCRATCHES 4

struct scratch {
	__u64 users;
	struct operation operation;
	char path[MAX_PATH + MAX_NAME];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCHES);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline void free_scratch(struct scratch *scratch)
{
	__sync_fetch_and_add(&scratch->users, -1);
}

static __always_inline struct scratch *take_scratch(void)
{
	for (__u32 i = 0; i < SCRATCHES; i++) {
		__u32 key = i;
		struct scratch *scratch = bpf_map_lookup_elem(&scratches, &key);

		if (!scratch)
			return NULL;
		/* Before 5.12 nothing adds and reads at once; who reads 1 is alone. */
		__sync_fetch_and_add(&scratch->users, 1);
		if (*(volatile __u64 *)&scratch->users == 1)
			return scratch;
		free_scratch(scratch);
	}
	return NULL;
}

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

static __always_inline void fill_path(struct scratch *scratch, const struct start *start)
{
	struct operation *row = &scratch->operation;
	struct dentry *dentry = (struct dentry *)start->subject, *root = NULL;
	struct path_walk walk;

	if (!dentry)
		return;
	if (!(start->traits & TRAIT_DENTRY)) {
		struct file *file = (struct file *)start->subject;

		row->mount = mount_id(file);
		dentry = BPF_CORE_READ(file, f_path.dentry);
		root = BPF_CORE_READ(file, f_path.mnt, mnt_root);
	}
	walk = walk_path(scratch->path, dentry, root);
	row->path_bytes = walk.bytes;
	row->traits |= TRAIT_PATH | (walk.is_cut ? TRAIT_CUT : 0) |
		       (is_unlinked(dentry) ? TRAIT_DELETED : 0);
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
	row->traits = start->traits & (TRAIT_OFFSET | TRAIT_BYTES | TRAIT_ASYNC);
	row->offset = start->offset;
	row->bytes = start->bytes;
	row->error = returned < 0 ? -returned : 0;
	row->path_bytes = 0;
	row->mount = 0;
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
	fill_path(scratch, start);
	size = row->path_bytes;
	if (size > MAX_PATH + MAX_NAME)
		size = MAX_PATH + MAX_NAME;
	if (bpf_ringbuf_output(&operations, row, sizeof(*row) + size, 0))
		count_lost(ring_full);
	free_scratch(scratch);
}

#endif
