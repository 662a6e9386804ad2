/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_CONTEXT_BPF_H
#define EXT4SLOWER_CONTEXT_BPF_H

#include "file.bpf.h"

/*
 * Where arguments, what was returned and the frame are: in the context of fentry and fexit (typed),
 * and in registers.
 */

/* A load that the compiler cannot make one of two, with an offset that the verifier refuses. */
#define LOAD(ctx, index)                                    \
	({                                                  \
		__u64 value_;                               \
		asm volatile("%0 = *(u64 *)(%1 + %2)"       \
			     : "=r"(value_)                 \
			     : "r"(ctx), "i"((index) * 8)); \
		value_;                                     \
	})

#if defined(__TARGET_ARCH_x86)
/* asm/ptrace.h: di, si, dx, cx, r8 */
#define REGISTER_OF(i) ((i) == 0 ? 14 : (i) == 1 ? 13 : (i) == 2 ? 12 : (i) == 3 ? 11 : 9)
#define REGISTER_OF_RETURN 10
#define STACK_POINTER 19
#define POPPED 8 /* the return address */
#elif defined(__TARGET_ARCH_arm64)
#define REGISTER_OF(i) (i)
#define REGISTER_OF_RETURN 0
#define STACK_POINTER 31
#define POPPED 0
#endif

/* The trampoline's frame is one for fentry and fexit, and lies where the call does. Its address is
 * no number to the verifier, but a half of it is. */
#define TRAMPOLINE_FRAME(ctx)                                                      \
	({                                                                         \
		__u32 frame_;                                                      \
		asm volatile("%0 = %1" : "=w"(frame_) : "w"((__u32)(__u64)(ctx))); \
		frame_;                                                            \
	})

#define ARGUMENT(ctx, typed, i) ((typed) ? LOAD(ctx, i) : LOAD(ctx, REGISTER_OF(i)))

/* Operations on inodes have the mount's ids as their first parameter from 5.12 on (549c7297717c).
 */
#define HAS_IDS                                                       \
	(bpf_core_field_exists(((struct vfsmount *)0)->mnt_userns) || \
	 bpf_core_field_exists(((struct vfsmount *)0)->mnt_idmap))

/* The argument after the ids. */
#define SHIFTED(ctx, typed, i) (HAS_IDS ? ARGUMENT(ctx, typed, (i) + 1) : ARGUMENT(ctx, typed, i))

/* Of fexit: after `i` arguments, and the ids. */
#define SHIFTED_RETURN(ctx, i) (HAS_IDS ? LOAD(ctx, (i) + 1) : LOAD(ctx, i))

#endif
