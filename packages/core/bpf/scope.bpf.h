/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_SCOPE_BPF_H
#define PROBEKIT_SCOPE_BPF_H

#include "cgroup.bpf.h"

/*
 * Whose events count: everybody's, those of the processes in `scope_pids`, those
 * of one cgroup and its descendants. Pids are those of the caller's PID
 * namespace; what lies outside it has pid 0.
 */
const volatile bool scope_by_pid = false;
const volatile id64_t scope_cgroup_id = 0;
const volatile __u32 scope_pidns = 0; /* inode of the namespace; 0: the initial one */

#define MAX_PIDNS_LEVEL 32 /* MAX_PID_NS_LEVEL of the kernel */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} scope_pids SEC(".maps");

struct task_ids {
	__u32 pid; /* of the process */
	__u32 tid; /* of the thread */
};

static __always_inline __u32 pid_in_scope_ns(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);

	for (__u32 i = 0; i < MAX_PIDNS_LEVEL; i++) {
		struct upid upid;

		if (i > level)
			break;
		if (bpf_core_read(&upid.nr, sizeof(upid.nr), &pid->numbers[i].nr) ||
		    bpf_core_read(&upid.ns, sizeof(upid.ns), &pid->numbers[i].ns))
			break;
		if (BPF_CORE_READ(upid.ns, ns.inum) == scope_pidns)
			return upid.nr;
	}
	return 0;
}

/* Of the process alone. */
static __always_inline __u32 current_pid(void)
{
	struct task_struct *task;

	if (!scope_pidns)
		return bpf_get_current_pid_tgid() >> 32;
	task = (void *)bpf_get_current_task();
	return pid_in_scope_ns(BPF_CORE_READ(task, group_leader));
}

static __always_inline struct task_ids current_ids(void)
{
	struct task_ids ids;

	if (scope_pidns) {
		struct task_struct *task = (void *)bpf_get_current_task();

		ids.tid = pid_in_scope_ns(task);
		ids.pid = pid_in_scope_ns(BPF_CORE_READ(task, group_leader));
	} else {
		__u64 pid_tgid = bpf_get_current_pid_tgid();

		ids.tid = (__u32)pid_tgid;
		ids.pid = pid_tgid >> 32;
	}
	return ids;
}

static __always_inline bool pid_in_scope(__u32 pid)
{
	if (scope_by_pid && !bpf_map_lookup_elem(&scope_pids, &pid))
		return false;
	return !scope_cgroup_id || in_cgroup(scope_cgroup_id);
}

static __always_inline bool in_scope(struct task_ids ids)
{
	return pid_in_scope(ids.pid);
}

/* Without a scope nothing is asked, not even who it is. */
static __always_inline bool current_in_scope(void)
{
	return (!scope_by_pid && !scope_cgroup_id) || in_scope(current_ids());
}

#endif
