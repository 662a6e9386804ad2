/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_CGROUP_BPF_H
#define PROBEKIT_CGROUP_BPF_H

#include "kernel.bpf.h"

#define MAX_CGROUP_DEPTH 64

/* Whether the current task is in the v2 cgroup of that id or below it. From the root down: the
 * depth of a cgroup is not known inside a cgroup namespace. */
static __always_inline bool in_cgroup(id64_t wanted)
{
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
