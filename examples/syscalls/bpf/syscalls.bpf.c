// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* One record for each system call that a process in scope enters. */
#include "ring.bpf.h"
#include "scope.bpf.h"

struct call {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 pid;
	__u32 tid;
	__s32 number;
	char comm[TASK_COMM_LEN];
};

const volatile __s32 only_number = -1;

RING(calls, struct call, 32 * 1024 * 1024);

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long number)
{
	struct task_ids ids = current_ids();
	struct call *call;

	if (only_number >= 0 && number != only_number)
		return 0;
	if (!in_scope(ids))
		return 0;
	count_stat(events);
	call = ring_reserve(calls, struct call);
	if (!call)
		return 0;
	call->time_ns = bpf_ktime_get_ns();
	call->pid = ids.pid;
	call->tid = ids.tid;
	call->number = number;
	bpf_get_current_comm(call->comm, sizeof(call->comm));
	bpf_ringbuf_submit(call, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
