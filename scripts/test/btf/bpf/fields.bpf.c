// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Reads of what no kernel has, some behind a question for it: each program a section of its own.
#include "kernel.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct___absent {
	int no_such_field;
	int pid;
};

struct task_struct___present {
	int pid;
};

struct no_such_struct {
	int field;
};

#pragma clang attribute pop

enum bpf_map_type___absent {
	BPF_MAP_TYPE_NO_SUCH___absent = 1,
};

static __always_inline struct task_struct___absent *absent(void)
{
	return (void *)bpf_get_current_task();
}

SEC("raw_tp/unguarded")
int unguarded(void *ctx)
{
	return BPF_CORE_READ(absent(), no_such_field);
}

SEC("raw_tp/no_struct")
int no_struct(void *ctx)
{
	struct no_such_struct *nothing = (void *)bpf_get_current_task();

	return BPF_CORE_READ(nothing, field);
}

SEC("raw_tp/no_value")
int no_value(void *ctx)
{
	return bpf_core_enum_value(enum bpf_map_type___absent, BPF_MAP_TYPE_NO_SUCH___absent);
}

/* The question is for something else. */
SEC("raw_tp/other_guard")
int other_guard(void *ctx)
{
	struct task_struct___absent *task = absent();

	if (bpf_core_field_exists(task->pid))
		return BPF_CORE_READ(task, no_such_field);
	return 0;
}

/* One read is behind the question, one is not. */
SEC("raw_tp/guarded_once")
int guarded_once(void *ctx)
{
	struct task_struct___absent *task = absent();

	if (bpf_get_prandom_u32() & 1)
		return BPF_CORE_READ(task, no_such_field);
	if (bpf_core_field_exists(task->no_such_field))
		return BPF_CORE_READ(task, no_such_field);
	return 0;
}

SEC("raw_tp/guarded")
int guarded(void *ctx)
{
	struct task_struct___absent *task = absent();

	if (bpf_core_field_exists(task->no_such_field))
		return BPF_CORE_READ(task, no_such_field);
	return BPF_CORE_READ((struct task_struct___present *)task, pid);
}

SEC("raw_tp/guarded_by_type")
int guarded_by_type(void *ctx)
{
	struct no_such_struct *nothing = (void *)bpf_get_current_task();

	if (!bpf_core_type_exists(struct no_such_struct) || !(bpf_get_prandom_u32() & 1))
		return 0;
	return BPF_CORE_READ(nothing, field);
}

SEC("raw_tp/guarded_value")
int guarded_value(void *ctx)
{
	if (bpf_core_enum_value_exists(enum bpf_map_type___absent, BPF_MAP_TYPE_NO_SUCH___absent))
		return bpf_core_enum_value(enum bpf_map_type___absent,
					   BPF_MAP_TYPE_NO_SUCH___absent);
	return 0;
}
