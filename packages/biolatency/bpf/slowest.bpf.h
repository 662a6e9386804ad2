/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BIOLATENCY_SLOWEST_BPF_H
#define BIOLATENCY_SLOWEST_BPF_H

#include "charge.bpf.h"

/* Who began an I/O that has not ended. */
struct origin {
	__u64 sector;
	id64_t cgroup; /* that the kernel charges it to; 0: unknown */
	__u32 bytes;
	__u32 pid;
	__u32 tid;
	char comm[TASK_COMM_LEN];
};

struct slowest {
	__u64 latency_ns;
	__u32 epoch;
	__u32 disk;
	__u32 flags;
	struct origin origin;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct origin);
} origins SEC(".maps");

/* User space counts it up at each interval's end, waits for the programs that may have seen the old
 * one, and reads what they left under that. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} epoch SEC(".maps");

/* Before 6.2 (05b24ff9b2cf) an interrupt may run a program in the middle of itself: each depth has
 * a record of its own. */
#define DEPTHS 4

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} depth SEC(".maps");

/* By depth, for even epochs and then for odd ones. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * DEPTHS);
	__type(key, __u32);
	__type(value, struct slowest);
} slowest SEC(".maps");

/* `flags`: BPF_ANY where the I/O surely begins, BPF_NOEXIST where it may have begun before. */
static __always_inline void remember_origin(const struct io *io, struct bio *bio, __u64 flags)
{
	struct origin origin = {.sector = io->sector, .bytes = io->bytes};
	struct cgroup *cgroup = charged_cgroup(bio);
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	int err;

	origin.cgroup = BPF_CORE_READ(cgroup, kn, id);
	origin.pid = pid_tgid >> 32;
	origin.tid = (__u32)pid_tgid;
	bpf_get_current_comm(origin.comm, sizeof(origin.comm));
	err = map_update(&origins, &io->id, &origin, flags);
	if (err == -EEXIST) {
		struct origin *known = bpf_map_lookup_elem(&origins, &io->id);

		if (known) { /* a request grows while it waits */
			known->sector = io->sector;
			known->bytes = io->bytes;
		}
	}
}

static __always_inline void keep_slowest(__u32 depth_now, const struct io *io, __u64 latency_ns)
{
	struct origin *origin = bpf_map_lookup_elem(&origins, &io->id);
	__u32 zero = 0, *now = bpf_map_lookup_elem(&epoch, &zero), key;
	struct slowest *kept;

	if (!now || depth_now >= DEPTHS)
		return;
	key = (*now & 1) * DEPTHS + depth_now;
	kept = bpf_map_lookup_elem(&slowest, &key);
	if (!kept || (kept->epoch == *now && kept->latency_ns >= latency_ns))
		return;
	kept->epoch = *now;
	kept->latency_ns = latency_ns;
	kept->disk = io->disk;
	kept->flags = io->flags;
	if (origin)
		kept->origin = *origin;
	else
		__builtin_memset(&kept->origin, 0, sizeof(kept->origin));
}

/* At its end: is it the slowest of this interval so far? */
static __always_inline void consider_slowest(const struct io *io, __u64 latency_ns)
{
	__u32 zero = 0, *entered = bpf_map_lookup_elem(&depth, &zero);

	if (!entered)
		return;
	keep_slowest((*entered)++, io, latency_ns);
	(*entered)--;
	bpf_map_delete_elem(&origins, &io->id);
}

#endif
