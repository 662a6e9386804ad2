/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROFILE_SWITCHED_TASK_BPF_H
#define PROFILE_SWITCHED_TASK_BPF_H

#include "kernel.bpf.h"

/* As ps has them. */
enum state {
	STATE_R, /* could run: preempted, or gave way */
	STATE_S, /* sleeps */
	STATE_D, /* sleeps, and no signal ends that */
	STATE_T, /* stopped by a signal */
	STATE_t, /* stopped by a debugger */
	STATE_I, /* a kernel thread without work */
};

/* include/linux/sched.h; numbers that have stayed since 4.14. TASK_IDLE is UNINTERRUPTIBLE |
 * NOLOAD. */
#define TASK_INTERRUPTIBLE 0x1
#define TASK_UNINTERRUPTIBLE 0x2
#define TASK_STOPPED 0x4
#define TASK_TRACED 0x8
#define TASK_DEAD 0x80
#define TASK_NOLOAD 0x400

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sched_entity {
	__u64 sum_exec_runtime;
};

struct task_struct___switched {
	struct sched_entity se;
	int pid;
	int tgid;
	unsigned int __state; /* from 5.14 (2f064a59a11f) */
	unsigned long nvcsw;
	unsigned long nivcsw;
	struct css_set *cgroups;
};

struct task_struct___before {
	long state;
};

#pragma clang attribute pop

/* A member of a task that the verifier knows the type of (tp_btf: a load) or not (raw_tp: a
 * helper's call). `typed` is a constant wherever this is inlined. */
#define TASK(typed, task, member) ((typed) ? (task)->member : BPF_CORE_READ(task, member))

static __always_inline __u32 raw_state(struct task_struct___switched *task, const bool typed)
{
	struct task_struct___before *before = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return TASK(typed, task, __state);
	return (__u32)TASK(typed, before, state);
}

/* Who is woken before it has left shows TASK_WAKING (fa2c3254d7cf), which tells neither S nor D. */
static __always_inline enum state state_of(__u32 raw, bool preempted)
{
	if (preempted || !raw)
		return STATE_R;
	if (raw & TASK_INTERRUPTIBLE)
		return STATE_S;
	if (raw & TASK_UNINTERRUPTIBLE)
		return raw & TASK_NOLOAD ? STATE_I : STATE_D;
	if (raw & TASK_STOPPED)
		return STATE_T;
	return raw & TASK_TRACED ? STATE_t : STATE_S;
}

#endif
