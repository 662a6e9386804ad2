/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROFILE_OFF_CPU_BPF_H
#define PROFILE_OFF_CPU_BPF_H

#include "sample.bpf.h"

/*
 * How long threads are off the CPU, by the stacks with which they leave it: from
 * one switch to the other, so that the wait for a CPU after a wake-up is in it.
 *
 * A thread keeps its place in `threads` from its first switch to its last: a switch
 * looks up and writes. On whatever CPU it comes back, it left before: no two
 * programs write to one place at a time.
 */
const volatile __u64 least_ns = 1000;
const volatile __u64 most_ns = ~0ULL;
const volatile __u32 wanted_states = ~0U; /* bits of enum state */

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

struct off_cpu {
	struct sample_key key;
	__u64 since; /* ns; 0: it runs, or is off the CPU in a way that nobody asked for */
	__u64 ran;   /* ns of CPU time until then */
	__u32 state;
};

struct waited {
	__u64 count;
	__u64 ns;
};

/* By the kernel's own id: one that has exited passes it on only after its last switch. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct off_cpu);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct sample_key);
	__type(value, struct waited);
} waits SEC(".maps");

/* What a new place is a copy of; never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct off_cpu);
} on_cpu SEC(".maps");

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

static __always_inline struct off_cpu *place_of(__u32 tid, bool is_event)
{
	struct off_cpu *found = bpf_map_lookup_elem(&threads, &tid), *empty;
	__u32 zero = 0;
	int err;

	if (found)
		return found;
	empty = bpf_map_lookup_elem(&on_cpu, &zero);
	if (!empty)
		return NULL;
	err = map_update(&threads, &tid, empty, BPF_NOEXIST);
	if (!err)
		found = bpf_map_lookup_elem(&threads, &tid);
	if (found || !is_event)
		return found;
	if (err == -E2BIG)
		count_lost(map_full);
	else
		count_lost(map_busy);
	return NULL;
}

static __always_inline void count_wait(const struct sample_key *key, __u64 ns)
{
	struct waited *waited = bpf_map_lookup_elem(&waits, key), first = {.count = 1, .ns = ns};
	int err;

	if (!waited) {
		err = map_update(&waits, key, &first, BPF_NOEXIST);
		if (!err)
			return;
		if (err == -E2BIG) {
			count_lost(map_full);
			return;
		}
		waited = bpf_map_lookup_elem(&waits, key); /* another CPU was first */
	}
	if (!waited) {
		count_lost(map_busy);
		return;
	}
	__sync_fetch_and_add(&waited->count, 1);
	__sync_fetch_and_add(&waited->ns, ns);
}

/* It was off the CPU for so long. */
static __always_inline void end_wait(struct off_cpu *place, __u64 ns)
{
	place->since = 0;
	if (ns < least_ns || ns > most_ns)
		count_stat(below_threshold);
	else
		count_wait(&place->key, ns);
}

/*
 * Its return was not seen: some kernels do not run such programs in the idle task of secondary CPUs
 * (seen on 6.18). It came back as long ago as it has had CPU time since, which the scheduler has
 * brought up to date before a switch.
 */
static __always_inline void end_unseen(struct off_cpu *place, __u64 ran, __u64 now)
{
	__u64 back = now - (ran - place->ran);

	if (ran < place->ran || back < place->since) {
		place->since = 0;
		count_lost(no_end);
	} else {
		end_wait(place, back - place->since);
	}
}

/* The current task goes. */
static __always_inline void leave_cpu(void *ctx, struct task_struct___switched *task,
				      bool preempted, __u64 now, struct sampling *quality,
				      const bool typed)
{
	__u32 raw = raw_state(task, typed), tid = (__u32)bpf_get_current_pid_tgid();
	enum state state = state_of(raw, preempted);
	bool is_event = wanted_states & (1U << state);
	struct task_ids ids;
	struct off_cpu *place;
	__u64 ran;

	if (raw & TASK_DEAD) {
		bpf_map_delete_elem(&threads, &tid);
		return;
	}
	ids = current_ids();
	if (!is_wanted(ids))
		return;
	if (is_event)
		count_stat(events);
	place = place_of(tid, is_event);
	if (!place)
		return;
	ran = TASK(typed, task, se.sum_exec_runtime);
	if (place->since) {
		quality->unseen_returns++;
		end_unseen(place, ran, now);
	}
	if (!is_event)
		return;
	take_sample(ctx, &place->key, ids, quality);
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
