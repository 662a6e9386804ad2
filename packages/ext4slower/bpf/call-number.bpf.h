/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_CALL_NUMBER_BPF_H
#define EXT4SLOWER_CALL_NUMBER_BPF_H

#include "operation.bpf.h"

/* Which system calls are which operations, and where their arguments are. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
	__u32 status; /* x86 */
};

struct task_struct___info {
	struct thread_info thread_info;
};

struct pt_regs___x86_call {
	unsigned long di;
	unsigned long si;
	unsigned long dx;
	unsigned long r10;
	unsigned long orig_ax;
};

struct pt_regs___arm64_call {
	__u64 regs[31];
	__s32 syscallno;
};

#pragma clang attribute pop

#if defined(__TARGET_ARCH_x86)
#define REGISTERS struct pt_regs___x86_call
#define CALL_NUMBER(regs) ((int)(regs)->orig_ax)
#define CALL_ARGS(regs) {(regs)->di, (regs)->si, (regs)->dx, (regs)->r10}
enum {
	NR_read = 0,
	NR_write = 1,
	NR_open = 2,
	NR_pread64 = 17,
	NR_pwrite64 = 18,
	NR_readv = 19,
	NR_writev = 20,
	NR_sendfile = 40,
	NR_fsync = 74,
	NR_fdatasync = 75,
	NR_getdents = 78,
	NR_creat = 85,
	NR_getdents64 = 217,
	NR_openat = 257,
	NR_splice = 275,
	NR_preadv = 295,
	NR_pwritev = 296,
	NR_copy_file_range = 326,
	NR_preadv2 = 327,
	NR_pwritev2 = 328,
	NR_openat2 = 437,
};
#elif defined(__TARGET_ARCH_arm64)
#define REGISTERS struct pt_regs___arm64_call
#define CALL_NUMBER(regs) ((regs)->syscallno)
#define CALL_ARGS(regs) {(regs)->regs[0], (regs)->regs[1], (regs)->regs[2], (regs)->regs[3]}
enum {
	NR_openat = 56,
	NR_getdents64 = 61,
	NR_read = 63,
	NR_write = 64,
	NR_readv = 65,
	NR_writev = 66,
	NR_pread64 = 67,
	NR_pwrite64 = 68,
	NR_preadv = 69,
	NR_pwritev = 70,
	NR_sendfile = 71,
	NR_splice = 76,
	NR_fsync = 82,
	NR_fdatasync = 83,
	NR_copy_file_range = 285,
	NR_preadv2 = 286,
	NR_pwritev2 = 287,
	NR_openat2 = 437,
	/* Those that this architecture does not have. */
	NR_open = -2,
	NR_creat = -3,
	NR_getdents = -4,
};
#endif

/* OPS for all others. */
static __always_inline __u32 op_of_call(int number)
{
	switch (number) {
	case NR_read:
	case NR_readv:
	case NR_pread64:
	case NR_preadv:
	case NR_preadv2:
		return OP_READ;
	case NR_write:
	case NR_writev:
	case NR_pwrite64:
	case NR_pwritev:
	case NR_pwritev2:
		return OP_WRITE;
	case NR_open:
	case NR_creat:
	case NR_openat:
	case NR_openat2:
		return OP_OPEN;
	case NR_fsync:
	case NR_fdatasync:
		return OP_SYNC;
	case NR_getdents:
	case NR_getdents64:
		return OP_READDIR;
	case NR_splice:
	case NR_sendfile:
	case NR_copy_file_range:
		return OP_SPLICE;
	default:
		return OPS;
	}
}

/* A 32-bit program's system calls have other numbers. */
static __always_inline bool is_compat_call(void)
{
	struct task_struct___info *task = (void *)bpf_get_current_task();

	if (!bpf_core_field_exists(task->thread_info.status))
		return false;
	return BPF_CORE_READ(task, thread_info.status) & 2; /* TS_COMPAT of asm/thread_info.h */
}

#endif
