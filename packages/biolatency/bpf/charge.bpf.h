/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BIOLATENCY_CHARGE_BPF_H
#define BIOLATENCY_CHARGE_BPF_H

#include "cgroup.bpf.h"
#include "io.bpf.h"

/*
 * Whose I/O counts. Charged: that of the cgroup that the kernel charges it to, which
 * for writeback is the one that dirtied the pages. Submitter: what a task of the
 * cgroup itself passed to the block layer; a request is then found by its first bio.
 */
enum cgroup_by {
	ANY_CGROUP,
	CHARGED,
	SUBMITTER,
};

const volatile __u8 cgroup_by = ANY_CGROUP;
const volatile id64_t cgroup_wanted = 0;

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h, the same on all kernels */

/* Bios that a task of the cgroup passed to the block layer. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u8);
} submitted SEC(".maps");

static __always_inline struct cgroup *charged_cgroup(struct bio *bio)
{
	if (!bpf_core_field_exists(struct bio, bi_blkg))
		return NULL;
	return BPF_CORE_READ(bio, bi_blkg, blkcg, css.cgroup);
}

static __always_inline bool was_submitted(__u64 bio)
{
	return bpf_map_lookup_elem(&submitted, &bio) != NULL;
}

/* Of bios that were split, the front part is a clone that points to the whole. */
static __always_inline bool in_wanted_cgroup(struct bio *bio)
{
	if (cgroup_by == ANY_CGROUP)
		return true;
	if (!bio)
		return false;
	if (cgroup_by == CHARGED)
		return is_in_cgroup(charged_cgroup(bio), cgroup_wanted);
	return was_submitted((__u64)bio) || was_submitted((__u64)BPF_CORE_READ(bio, bi_private));
}

/* At block_bio_queue, in the submitter. A bio that cannot be remembered is an event without an end.
 */
static __always_inline void remember_submitter(struct bio *bio)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 id = (__u64)bio;
	__u8 one = 1;
	int err;

	if (!in_cgroup(cgroup_wanted)) {
		if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
			count_quality(not_attributable);
		return;
	}
	err = map_update(&submitted, &id, &one, BPF_ANY);
	if (!err)
		return;
	count_stat(events);
	count_refused(err);
}

/* At the end of a request, which is that of its bios. More than these stay in the map. */
#define MAX_BIOS 256

static __always_inline void forget_submitters(struct bio *bio)
{
	for (int i = 0; i < MAX_BIOS; i++) {
		__u64 id = (__u64)bio;

		if (!bio)
			break;
		bpf_map_delete_elem(&submitted, &id);
		bio = BPF_CORE_READ(bio, bi_next);
	}
}

#endif
