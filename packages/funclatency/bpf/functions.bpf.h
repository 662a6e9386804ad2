/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FUNCLATENCY_FUNCTIONS_BPF_H
#define FUNCLATENCY_FUNCTIONS_BPF_H

#include "call.bpf.h"
#include "registers.bpf.h"
#include "session.bpf.h"

/* Entries and returns of functions, as each kind of hook shows them. */

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

/* Both ends by one program: where the entry says so, the kernel does not wait for the return. */
static __always_inline int both_ends(struct pt_regs *ctx)
{
	if (!is_return(ctx))
		return enter(one_of_many(ctx), ctx->sp) ? WAIT : NO_WAIT;
	leave(ctx->sp - RETURN_ADDRESS_SIZE);
	return 0;
}

SEC("kprobe.session")
int kprobe_session(struct pt_regs *ctx)
{
	return both_ends(ctx);
}

SEC("uprobe.session")
int uprobe_session(struct pt_regs *ctx)
{
	return both_ends(ctx);
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

#endif
