/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_HOOKS_BPF_H
#define EXT4SLOWER_HOOKS_BPF_H

#include "completion.bpf.h"
#include "context.bpf.h"
#include "functions.bpf.h"
#include "names.bpf.h"

/*
 * Each function twice: by fentry and fexit, whose context is the arguments and then
 * what was returned, and by kprobe and kretprobe, whose context is the registers.
 */

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

/* One read of a whole kiocb costs less than one of each field. */
#define MAX_KIOCB 64
#define IOCB_FIELD(copy, field)                           \
	(*(typeof(((struct kiocb *)0)->field) *)((copy) + \
						 bpf_core_field_offset(struct kiocb, field)))

static __always_inline void iter_begins(__u32 op, __u64 *ctx, const bool typed)
{
	struct kiocb *iocb = (struct kiocb *)ARGUMENT(ctx, typed, 0);
	__u64 whole[MAX_KIOCB / sizeof(__u64)];
	char *copy = (char *)whole;

	if (typed) {
		on_iter(op, iocb, iocb->ki_filp, iocb->ki_complete, iocb->ki_pos);
		return;
	}
	if (bpf_probe_read_kernel(copy, bpf_core_type_size(struct kiocb), iocb))
		return;
	on_iter(op, iocb, IOCB_FIELD(copy, ki_filp), IOCB_FIELD(copy, ki_complete),
		IOCB_FIELD(copy, ki_pos));
}

#define READ_BEGINS(ctx, typed) iter_begins(OP_READ, ctx, typed)
#define READ_ENDS(returned) on_iter_return(OP_READ, returned)
HOOKS(read, ext4_file_read_iter, READ_BEGINS, LOAD(ctx, 2), READ_ENDS)

#define WRITE_BEGINS(ctx, typed) iter_begins(OP_WRITE, ctx, typed)
#define WRITE_ENDS(returned) on_iter_return(OP_WRITE, returned)
HOOKS(write, ext4_file_write_iter, WRITE_BEGINS, LOAD(ctx, 2), WRITE_ENDS)

#define OPEN_BEGINS(ctx, typed) on_file(OP_OPEN, (struct file *)ARGUMENT(ctx, typed, 1))
#define OPEN_ENDS(returned) on_end(OP_OPEN, (int)(returned))
HOOKS(open, ext4_file_open, OPEN_BEGINS, LOAD(ctx, 2), OPEN_ENDS)

#define SYNC_BEGINS(ctx, typed)                                                  \
	on_sync((struct file *)ARGUMENT(ctx, typed, 0), ARGUMENT(ctx, typed, 1), \
		ARGUMENT(ctx, typed, 2))
#define SYNC_ENDS(returned) on_end(OP_SYNC, (int)(returned))
HOOKS(sync, ext4_sync_file, SYNC_BEGINS, LOAD(ctx, 4), SYNC_ENDS)

#define DIO(ctx, typed) ((struct iomap_dio *)ARGUMENT(ctx, typed, 0))

SEC("fentry/iomap_dio_complete")
int enter_completion(__u64 *ctx)
{
	on_completion((__u64)DIO(ctx, true)->iocb, TRAMPOLINE_FRAME(ctx));
	return 0;
}

SEC("fexit/iomap_dio_complete")
int exit_completion(__u64 *ctx)
{
	on_completion_return(LOAD(ctx, 1), TRAMPOLINE_FRAME(ctx));
	return 0;
}

SEC("kprobe/iomap_dio_complete")
int probe_completion(__u64 *ctx)
{
	on_completion((__u64)BPF_CORE_READ(DIO(ctx, false), iocb), LOAD(ctx, STACK_POINTER));
	return 0;
}

SEC("kretprobe/iomap_dio_complete")
int return_completion(__u64 *ctx)
{
	on_completion_return(LOAD(ctx, REGISTER_OF_RETURN), LOAD(ctx, STACK_POINTER) - POPPED);
	return 0;
}

#define RESULT(name, function)                        \
	SEC("fentry/" #function)                      \
	int enter_##name(__u64 *ctx)                  \
	{                                             \
		on_result(LOAD(ctx, 0));              \
		return 0;                             \
	}                                             \
	SEC("kprobe/" #function)                      \
	int probe_##name(__u64 *ctx)                  \
	{                                             \
		on_result(LOAD(ctx, REGISTER_OF(0))); \
		return 0;                             \
	}
RESULT(uring_result, io_complete_rw)
RESULT(aio_result, aio_complete_rw)

/* Whose second parameter is the request, which begins with its kiocb, from 5.19 on (48863ffd3e81);
 * io_complete_rw() is inlined in 7.x where a call has failed. */
SEC("tp_btf/io_uring_complete")
int uring_complete(__u64 *ctx)
{
	on_result(LOAD(ctx, 1));
	return 0;
}

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

#define RENAME_BEGINS(ctx, typed) \
	on_rename((struct dentry *)SHIFTED(ctx, typed, 1), SHIFTED(ctx, typed, 3))
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

#define READDIR_BEGINS(ctx, typed) on_file(OP_READDIR, (struct file *)ARGUMENT(ctx, typed, 0))
#define READDIR_ENDS(returned) on_end(OP_READDIR, (int)(returned))
HOOKS(readdir, ext4_readdir, READDIR_BEGINS, LOAD(ctx, 2), READDIR_ENDS)

#endif
