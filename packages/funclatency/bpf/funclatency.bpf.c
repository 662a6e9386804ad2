// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Entries and returns of functions, as each kind of hook shows them, and of system calls.
 */
#include "call.bpf.h"
#include "syscall.bpf.h"

const volatile __u32 restart_syscall = 219;
const volatile __u32 restart_syscall_compat = 0;
const volatile bool of_syscalls = false;

/*
 * Which function a program was attached to. Programs that are attached to many at once
 * have cookies; of others the add-on loads a copy for each function, in which it replaces
 * this constant: cookies of single probes came with 5.15, those of fentry with 6.0.
 */
static __always_inline __u32 copied_for(void)
{
	__u64 function;

	asm volatile("%0 = 0x70726f62656b6974 ll" : "=r"(function));
	return function;
}

static __always_inline bool has_cookies(void)
{
	/* 7adfc6c9b315 brought the helper. */
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_attach_cookie);
}

/* Where nobody asks for the function's name, its address tells it from others. */
static __always_inline __u32 probed(struct pt_regs *ctx)
{
	if (!per_function)
		return address_of(ctx);
	return has_cookies() ? bpf_get_attach_cookie(ctx) : copied_for();
}

/* Kernels that have probes of many functions have cookies; others still verify these programs. */
static __always_inline __u32 one_of_many(struct pt_regs *ctx)
{
	return has_cookies() ? bpf_get_attach_cookie(ctx) : 0;
}

SEC("kprobe")
int probe_entry(struct pt_regs *ctx)
{
	enter(probed(ctx), ctx->sp);
	return 0;
}

SEC("kretprobe")
int probe_return(struct pt_regs *ctx)
{
	leave(ctx->sp - RETURN_ADDRESS_SIZE);
	return 0;
}

SEC("kprobe.multi")
int kprobe_multi_entry(struct pt_regs *ctx)
{
	enter(one_of_many(ctx), ctx->sp);
	return 0;
}

SEC("kretprobe.multi")
int kprobe_multi_return(struct pt_regs *ctx)
{
	leave(ctx->sp - RETURN_ADDRESS_SIZE);
	return 0;
}

SEC("uprobe.multi")
int uprobe_multi_entry(struct pt_regs *ctx)
{
	enter(one_of_many(ctx), ctx->sp);
	return 0;
}

SEC("uretprobe.multi")
int uprobe_multi_return(struct pt_regs *ctx)
{
	leave(ctx->sp - RETURN_ADDRESS_SIZE);
	return 0;
}

/* The trampoline's frame is one for both, and lies where the call does. Its address is no number to
 * the verifier, but a half of it is; a stack never crosses 4 GiB. */
static __always_inline __u64 frame_of(void *ctx)
{
	__u32 place;

	asm volatile("%0 = %1" : "=w"(place) : "w"((__u32)(__u64)ctx));
	return place;
}

SEC("fentry/bpf_fentry_test1")
int fentry(void *ctx)
{
	enter(copied_for(), frame_of(ctx));
	return 0;
}

SEC("fexit/bpf_fentry_test1")
int fexit(void *ctx)
{
	leave(frame_of(ctx));
	return 0;
}

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
