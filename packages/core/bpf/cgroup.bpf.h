/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_CGROUP_BPF_H
#define PROBEKIT_CGROUP_BPF_H

#include "kernel.bpf.h"

#define MAX_CGROUP_DEPTH 64

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[1]; /* from 5.18 (7f203bc89eb6) */
};

struct cgroup___ids {
	__u64 ancestor_ids[1]; /* before */
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct___cgroups {
	struct css_set *cgroups;
};

#pragma clang attribute pop

static __always_inline __u64 ancestor_id(struct cgroup *cgroup, int level)
{
	__u64 id = 0;

	if (bpf_core_field_exists(struct cgroup, ancestors)) {
		struct cgroup *ancestor = NULL;

		bpf_core_read(&ancestor, sizeof(ancestor), &cgroup->ancestors[level]);
		return BPF_CORE_READ(ancestor, kn, id);
	}
	bpf_core_read(&id, sizeof(id), &((struct cgroup___ids *)cgroup)->ancestor_ids[level]);
	return id;
}

/* Whether a cgroup is the one of that id or below it. */
static __always_inline bool is_in_cgroup(struct cgroup *cgroup, id64_t wanted)
{
	int depth = BPF_CORE_READ(cgroup, level);

	for (int level = 0; level < MAX_CGROUP_DEPTH; level++) {
		if (!cgroup || level > depth)
			break;
		if (ancestor_id(cgroup, level) == wanted)
			return true;
	}
	return false;
}

/* Whether the current task is in the v2 cgroup of that id or below it. From the root down: the
 * depth of a cgroup is not known inside a cgroup namespace. */
static __always_inline bool in_cgroup(id64_t wanted)
{
	/* The helper is for tracing from 5.14 on (95b861a7935b); timers came with 5.15. */
	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_timer_init)) {
		struct task_struct___cgroups *task = (void *)bpf_get_current_task();

		return is_in_cgroup(BPF_CORE_READ(task, cgroups, dfl_cgrp), wanted);
	}
	for (int level = 0; level < MAX_CGROUP_DEPTH; level++) {
		__u64 id = bpf_get_current_ancestor_cgroup_id(level);

		if (!id)
			break;
		if (id == wanted)
			return true;
	}
	return false;
}

#endif
