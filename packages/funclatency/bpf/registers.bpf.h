/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FUNCLATENCY_REGISTERS_BPF_H
#define FUNCLATENCY_REGISTERS_BPF_H

#include "kernel.bpf.h"

/* What is different between architectures: registers, and calls by 32-bit programs. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)

struct pt_regs {
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long sp;
};

struct thread_info {
	__u32 status;
};

#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h */

#elif defined(__TARGET_ARCH_arm64)

struct pt_regs {
	__u64 sp;
	__u64 pc;
	int syscallno;
};

struct thread_info {
	unsigned long flags;
};

#define TIF_32BIT 22 /* arch/arm64/include/asm/thread_info.h */

#endif

struct task_struct___thread {
	struct thread_info thread_info;
};

#pragma clang attribute pop

/* Whether the current thread runs a 32-bit program, or is in a call of that kind. */
#define thread_has(member, bits)                                                                   \
	({                                                                                         \
		struct task_struct___thread *task_;                                                \
		__u64 value_;                                                                      \
		/* The helper came with 5.11 (3ca1032ab7ab). */                                    \
		if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) { \
			task_ = (void *)bpf_get_current_task_btf();                                \
			value_ = task_->thread_info.member;                                        \
		} else {                                                                           \
			task_ = (void *)bpf_get_current_task();                                    \
			value_ = BPF_CORE_READ(task_, thread_info.member);                         \
		}                                                                                  \
		(value_ & (bits)) != 0;                                                            \
	})

#if defined(__TARGET_ARCH_x86)

/* A call pushes the address that it returns to. */
#define RETURN_ADDRESS_SIZE 8

static __always_inline __u64 address_of(struct pt_regs *regs)
{
	return regs->ip;
}

static __always_inline int syscall_of(struct pt_regs *regs)
{
	return (int)regs->orig_ax;
}

static __always_inline bool is_compat(void)
{
	return thread_has(status, TS_COMPAT);
}

#elif defined(__TARGET_ARCH_arm64)

#define RETURN_ADDRESS_SIZE 0

static __always_inline __u64 address_of(struct pt_regs *regs)
{
	return regs->pc;
}

static __always_inline int syscall_of(struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline bool is_compat(void)
{
	return thread_has(flags, 1UL << TIF_32BIT);
}

#endif

#endif
