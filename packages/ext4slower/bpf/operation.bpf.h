/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_OPERATION_BPF_H
#define EXT4SLOWER_OPERATION_BPF_H

#include "ring.bpf.h"

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

/* One row; the names of its path follow, and of a rename those of the new one. */
struct operation {
	__u64 start_ns; /* CLOCK_MONOTONIC */
	__u64 latency_ns;
	__u64 offset;
	__u64 bytes;
	__u32 pid;
	__u32 tid;
	__u32 error;
	__u32 path_bytes;
	__u32 to_bytes;
	__u32 mount; /* 0: not known */
	__u32 dev;   /* with TRAIT_DENTRY: of the file system */
	char comm[TASK_COMM_LEN];
	__u8 op;
	__u8 traits;
};

const volatile __u64 min_ns = 0;

RING(operations, struct operation, 16 * 1024 * 1024);

#endif
