/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_HOOKS_BPF_H
#define EXT4SLOWER_HOOKS_BPF_H

#include "functions.bpf.h"

/*
 * Each function twice: by fentry and fexit, whose context is the arguments and then
 * what was returned, and by kprobe and kretprobe, whose context is the registers.
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
#define REGISTER_OF(i) ((i) == 0 ? 14 : (i) == 1 ? 13 : (i) == 2 ? 12 : 11) /* asm/ptrace.h */
#define REGISTER_OF_RETURN 10
#elif defined(__TARGET_ARCH_arm64)
#define REGISTER_OF(i) (i)
#define REGISTER_OF_RETURN 0
#endif

#define ARGUMENT(ctx, typed, i) ((typed) ? LOAD(ctx, i) : LOAD(ctx, REGISTER_OF(i)))

/* The argument after the mount's ids, where there are any. */
#define SHIFTED(ctx, typed, i) (HAS_IDS ? ARGUMENT(ctx, typed, (i) + 1) : ARGUMENT(ctx, typed, i))

/* Of fexit: after `i` arguments, and the ids. */
#define SHIFTED_RETURN(ctx, i) (HAS_IDS ? LOAD(ctx, (i) + 1) : LOAD(ctx, i))

#define GET(typed, from, field) ((typed) ? (from)->field : BPF_CORE_READ(from, field))

#define HOOKS(name, function, begins, returned, ends) \
	SEC("fentry/" #function)                      \
	int enter_##name(__u64 *ctx)                  \
	{                                             \
		begins(ctx, true);                    \
		return 0;                             \
	}                                             \
	SEC("fexit/" #function)                       \
	int exit_##name(__u64 *ctx)                   \
	{                                             \
		ends(returned);                       \
		return 0;                             \
	}                                             \
	SEC("kprobe/" #function)                      \
	int probe_##name(__u64 *ctx)                  \
	{                                             \
		begins(ctx, false);                   \
		return 0;                             \
	}                                             \
	SEC("kretprobe/" #function)                   \
	int return_##name(__u64 *ctx)                 \
	{                                             \
		ends(LOAD(ctx, REGISTER_OF_RETURN));  \
		return 0;                             \
	}

static __always_inline void iter_begins(__u32 op, __u64 *ctx, const bool typed)
{
	struct kiocb *iocb = (struct kiocb *)ARGUMENT(ctx, typed, 0);

	on_iter(op, iocb, (struct file *)GET(typed, iocb, ki_filp), GET(typed, iocb, ki_complete),
		GET(typed, iocb, ki_pos));
}

#define READ_BEGINS(ctx, typed) iter_begins(OP_READ, ctx, typed)
#define READ_ENDS(returned) on_iter_return(OP_READ, returned)
HOOKS(read, ext4_file_read_iter, READ_BEGINS, LOAD(ctx, 2), READ_ENDS)

#define WRITE_BEGINS(ctx, typed) iter_begins(OP_WRITE, ctx, typed)
#define WRITE_ENDS(returned) on_iter_return(OP_WRITE, returned)
HOOKS(write, ext4_file_write_iter, WRITE_BEGINS, LOAD(ctx, 2), WRITE_ENDS)

#define OPEN_BEGINS(ctx, typed) on_file(OP_OPEN, (struct file *)ARGUMENT(ctx, typed, 1), 0, 0)
#define OPEN_ENDS(returned) on_end(OP_OPEN, (int)(returned))
HOOKS(open, ext4_file_open, OPEN_BEGINS, LOAD(ctx, 2), OPEN_ENDS)

#define SYNC_BEGINS(ctx, typed)                                                           \
	on_file(OP_SYNC, (struct file *)ARGUMENT(ctx, typed, 0), ARGUMENT(ctx, typed, 1), \
		ARGUMENT(ctx, typed, 2))
#define SYNC_ENDS(returned) on_end(OP_SYNC, (int)(returned))
HOOKS(sync, ext4_sync_file, SYNC_BEGINS, LOAD(ctx, 4), SYNC_ENDS)

#define COMPLETION_BEGINS(ctx, typed)                                                \
	do {                                                                         \
		struct iomap_dio *dio = (struct iomap_dio *)ARGUMENT(ctx, typed, 0); \
		on_completion((__u64)GET(typed, dio, iocb));                         \
	} while (0)
#define COMPLETION_ENDS(returned) on_completion_return(returned)
HOOKS(completion, iomap_dio_complete, COMPLETION_BEGINS, LOAD(ctx, 1), COMPLETION_ENDS)

/* ext4 has a function of its own for this until 6.4, which is this one under a lock. */
#define FAULT_BEGINS(ctx, typed) on_fault(OP_MMAP, (struct vm_fault *)ARGUMENT(ctx, typed, 0))
#define FAULT_ENDS(returned) on_end(OP_MMAP, fault_error(returned))
HOOKS(fault, filemap_fault, FAULT_BEGINS, LOAD(ctx, 1), FAULT_ENDS)

#define MKWRITE_BEGINS(ctx, typed) on_fault(OP_MKWRITE, (struct vm_fault *)ARGUMENT(ctx, typed, 0))
#define MKWRITE_ENDS(returned) on_end(OP_MKWRITE, fault_error(returned))
HOOKS(mkwrite, ext4_page_mkwrite, MKWRITE_BEGINS, LOAD(ctx, 1), MKWRITE_ENDS)

#define SPLICE_FROM(ctx, typed) on_any_file(OP_SPLICE, (struct file *)ARGUMENT(ctx, typed, 0))
#define SPLICE_ENDS(returned) on_end(OP_SPLICE, returned)
HOOKS(splice_read, ext4_file_splice_read, SPLICE_FROM, LOAD(ctx, 5), SPLICE_ENDS)
HOOKS(splice_read_old, generic_file_splice_read, SPLICE_FROM, LOAD(ctx, 5), SPLICE_ENDS)

#define SPLICE_TO(ctx, typed) on_any_file(OP_SPLICE, (struct file *)ARGUMENT(ctx, typed, 1))
HOOKS(splice_write, iter_file_splice_write, SPLICE_TO, LOAD(ctx, 5), SPLICE_ENDS)

#define SETATTR_BEGINS(ctx, typed) \
	on_setattr((struct dentry *)SHIFTED(ctx, typed, 0), (struct iattr *)SHIFTED(ctx, typed, 1))
#define SETATTR_ENDS(returned) on_end(OP_TRUNCATE, (int)(returned))
HOOKS(setattr, ext4_setattr, SETATTR_BEGINS, SHIFTED_RETURN(ctx, 2), SETATTR_ENDS)

#define RENAME_BEGINS(ctx, typed) on_dentry(OP_RENAME, (struct dentry *)SHIFTED(ctx, typed, 1))
#define RENAME_ENDS(returned) on_end(OP_RENAME, (int)(returned))
HOOKS(rename, ext4_rename2, RENAME_BEGINS, SHIFTED_RETURN(ctx, 5), RENAME_ENDS)

#define UNLINK_BEGINS(ctx, typed) on_dentry(OP_UNLINK, (struct dentry *)ARGUMENT(ctx, typed, 1))
#define UNLINK_ENDS(returned) on_end(OP_UNLINK, (int)(returned))
HOOKS(unlink, ext4_unlink, UNLINK_BEGINS, LOAD(ctx, 2), UNLINK_ENDS)

/* Where it is a pointer, its type is known, and nothing can be computed from a load of it. */
static __always_inline __u64 returned_by_mkdir(__u64 *ctx)
{
	__u64 returned = 0;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_func_ret))
		return SHIFTED_RETURN(ctx, 3);
	bpf_get_func_ret(ctx, &returned);
	return returned;
}

#define MKDIR_BEGINS(ctx, typed) on_dentry(OP_MKDIR, (struct dentry *)SHIFTED(ctx, typed, 1))
#define MKDIR_ENDS(returned) on_end(OP_MKDIR, mkdir_error(returned))
HOOKS(mkdir, ext4_mkdir, MKDIR_BEGINS, returned_by_mkdir(ctx), MKDIR_ENDS)

#define READDIR_BEGINS(ctx, typed) on_file(OP_READDIR, (struct file *)ARGUMENT(ctx, typed, 0), 0, 0)
#define READDIR_ENDS(returned) on_end(OP_READDIR, (int)(returned))
HOOKS(readdir, ext4_readdir, READDIR_BEGINS, LOAD(ctx, 2), READDIR_ENDS)

#endif
