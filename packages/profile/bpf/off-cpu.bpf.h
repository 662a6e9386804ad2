/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROFILE_OFF_CPU_BPF_H
#define PROFILE_OFF_CPU_BPF_H

#include "switched-task.bpf.h"
#include "wait.bpf.h"

/*
 * How long threads are off the CPU, by the stacks with which they leave it: from
 * one switch to the other, so that the wait for a CPU after a wake-up is in it.
 *
 * A thread keeps its place in `threads` from its first switch to its last: a switch
 * looks up and writes. On whatever CPU it comes back, it left before: no two
 * programs write to one place at a time.
 */
const volatile __u32 wanted_states = ~0U; /* bits of enum state */

/* The current task goes. */
static __always_inline void leave_cpu(void *ctx, struct task_struct___switched *task,
				      bool preempted, __u64 now, struct sampling *quality,
				      const bool typed)
{
	__u32 raw = raw_state(task, typed), tid = (__u32)bpf_get_current_pid_tgid();
	enum state state = state_of(raw, preempted);
	bool is_last = raw & TASK_DEAD, is_event = !is_last && wanted_states & (1U << state);
	struct task_ids ids = {};
	struct off_cpu *place;
	__u64 ran;

	if (is_last) {
		place = bpf_map_lookup_elem(&threads, &tid);
	} else {
		ids = current_ids();
		if (!is_wanted(ids))
			return;
		if (is_event)
			count_stat(events);
		place = place_of(tid, is_event);
	}
	if (!place)
		return;
	ran = TASK(typed, task, se.sum_exec_runtime);
	if (place->since) {
		quality->unseen_returns++;
		end_unseen(place, ran, now);
	}
	if (is_last)
		bpf_map_delete_elem(&threads, &tid);
	if (!is_event)
		return;
	take_sample(ctx, &place->key, ids, quality);
	count_image(place->key.image, ids.pid, now);
	place->state = state;
	place->ran = ran;
	place->since = now;
}

static __always_inline struct task_ids ids_of(struct task_struct___switched *task)
{
	struct task_struct *known = (void *)task;
	struct task_ids ids;

	if (scope_pidns) {
		ids.tid = pid_in_scope_ns(known);
		ids.pid = pid_in_scope_ns(BPF_CORE_READ(known, group_leader));
	} else {
		ids.tid = BPF_CORE_READ(task, pid);
		ids.pid = BPF_CORE_READ(task, tgid);
	}
	return ids;
}

/* Whether one that has no place is of those that we want, and was off the CPU before we looked: one
 * that is new has never left it. */
static __always_inline bool is_unmatched(struct task_struct___switched *task)
{
	struct task_ids ids;

	if (!(BPF_CORE_READ(task, nvcsw) | BPF_CORE_READ(task, nivcsw)))
		return false;
	ids = ids_of(task);
	if (scope_by_pid && !bpf_map_lookup_elem(&scope_pids, &ids.pid))
		return false;
	if (by_thread && !bpf_map_lookup_elem(&scope_threads, &ids.tid))
		return false;
	return !scope_cgroup_id ||
	       is_in_cgroup(BPF_CORE_READ(task, cgroups, dfl_cgrp), scope_cgroup_id);
}

/* A task comes back. */
static __always_inline void enter_cpu(struct task_struct___switched *task, __u64 now,
				      const bool typed)
{
	__u32 tid = TASK(typed, task, pid);
	struct off_cpu *place;

	if (!tid) /* a CPU's idle task */
		return;
	place = bpf_map_lookup_elem(&threads, &tid);
	if (!place) {
		if (is_unmatched(task))
			count_stat(unmatched_ends);
		return;
	}
	if (!place->since)
		return;
	end_wait(place, now - place->since);
}

static __always_inline int switched(void *ctx, bool preempted, void *prev, void *next,
				    const bool typed)
{
	/* Once, so that what the one costs is no wait of the other. */
	__u64 now = bpf_ktime_get_ns();
	struct sampling *sampling_;
	__u32 zero = 0;

	sampling_ = bpf_map_lookup_elem(&sampling, &zero);
	if (!sampling_)
		return 0;
	if (bpf_get_current_pid_tgid())
		leave_cpu(ctx, prev, preempted, now, sampling_, typed);
	enter_cpu(next, now, typed);
	return 0;
}

/* (preempt, prev, next), and prev's state from 5.18 on (9c2136be0878). */
SEC("tp_btf/sched_switch")
int btf_switch(__u64 *ctx)
{
	return switched(ctx, ctx[0], (void *)ctx[1], (void *)ctx[2], true);
}

SEC("raw_tp/sched_switch")
int raw_switch(struct bpf_raw_tracepoint_args *ctx)
{
	return switched(ctx, ctx->args[0], (void *)ctx->args[1], (void *)ctx->args[2], false);
}

#endif
