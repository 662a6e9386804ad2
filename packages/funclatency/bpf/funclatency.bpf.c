// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Entries and returns of system calls, and what ends calls without a return; functions.bpf.h has
 * those of functions.
 */
#include "functions.bpf.h"
#include "syscall.bpf.h"

const volatile __u32 restart_syscall = 219;
const volatile __u32 restart_syscall_compat = 0;
const volatile bool of_syscalls = false;

static __always_inline bool is_restart_syscall(__u32 number)
{
	return number == (is_compat() ? restart_syscall_compat : restart_syscall);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long number)
{
	__u32 function = traced_as(number, is_compat());
	bool continues = is_restart_syscall(number);

	if (function || continues)
		on_syscall(bpf_get_current_task(), function, continues);
	return 0;
}

/* An exec may change the kind of program: both its numbers are looked at. */
SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	__u32 number = syscall_of(regs);
	bool is_traced = traced_as(number, false) || traced_as(number, true);

	/* rt_sigreturn leaves none behind. */
	if (is_traced || number == (__u32)-1 || is_restart_syscall(number))
		on_syscall_end(bpf_get_current_task(), ret, is_traced);
	return 0;
}

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sigaction {
	void *sa_handler;
};

struct k_sigaction {
	struct sigaction sa;
};
#pragma clang attribute pop

SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_deliver, int signal, void *info, struct k_sigaction *action)
{
	/* SIG_DFL and SIG_IGN are 0 and 1. */
	if ((__u64)action->sa.sa_handler > 1)
		on_handler(bpf_get_current_task());
	return 0;
}

SEC("tp_btf/sched_process_exit")
int thread_exit(void *ctx)
{
	addr_t task = bpf_get_current_task();

	if (of_syscalls)
		abandon_syscall(task);
	else
		abandon_stack(task);
	return 0;
}

/* Of kernel functions, which a thread calls until there is nothing left of it. */
SEC("tp_btf/sched_process_free")
int BPF_PROG(task_free, struct task_struct *task)
{
	abandon_stack((addr_t)task);
	return 0;
}

/* Of user functions: the memory that they were called in is gone. */
SEC("tp_btf/sched_process_exec")
int process_exec(void *ctx)
{
	abandon_stack(bpf_get_current_task());
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
