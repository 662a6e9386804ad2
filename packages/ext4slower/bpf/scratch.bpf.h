/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_SCRATCH_BPF_H
#define EXT4SLOWER_SCRATCH_BPF_H

#include "operation.bpf.h"
#include "path.bpf.h"

/* Where a row is built, since its size is known only when its path is. Programs can be preempted
 * by others of ours on the same CPU: so there are several, each with its count of users. */
#define SCRATCHES 4

struct scratch {
	__u64 users;
	__u32 number;
	struct operation operation;
	char paths[ROOM_FOR_PATHS + MAX_NAME];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCHES);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/*
 * Writes the names from `dentry` up to `root`, or to the root of the file system, behind the `at`
 * bytes that scratch `number` has: each with its NUL, the last component first. Returns how many
 * bytes, WALK_CUT added where there is more above them. Global, so that the verifier walks it once
 * and not from every caller's every state.
 */
__noinline int walk_path(__u64 from, __u64 root, __u32 number, __u32 at)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &number);
	struct dentry *dentry = (struct dentry *)from;
	__u32 bytes = 0;

	if (!scratch)
		return WALK_CUT;
	for (int i = 0; i < MAX_COMPONENTS; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
		long length;

		if ((__u64)dentry == root || !parent || parent == dentry)
			return bytes;
		if (bytes >= MAX_PATH || at + bytes >= ROOM_FOR_PATHS)
			break;
		length = bpf_probe_read_kernel_str(
			&scratch->paths[(at + bytes) & (ROOM_FOR_PATHS - 1)], MAX_NAME,
			BPF_CORE_READ(dentry, d_name.name));
		if (length <= 0 || length > MAX_NAME)
			break;
		bytes += length;
		dentry = parent;
	}
	return bytes | WALK_CUT;
}

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
		if (*(volatile __u64 *)&scratch->users == 1) {
			scratch->number = i;
			return scratch;
		}
		free_scratch(scratch);
	}
	return NULL;
}

#endif
