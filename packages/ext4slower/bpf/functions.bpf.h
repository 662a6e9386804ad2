/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_FUNCTIONS_BPF_H
#define EXT4SLOWER_FUNCTIONS_BPF_H

#include "async.bpf.h"

/* The functions of ext4: what each hook says of an operation, whichever hook it is. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct vm_area_struct {
	struct file *vm_file;
};

struct vm_fault {
	struct vm_area_struct *vma;
	unsigned long pgoff;
};

#pragma clang attribute pop

static __always_inline void on_iter(__u32 op, struct kiocb *iocb, struct file *file,
				    bool can_be_async, __s64 position)
{
	struct start start = {.op = op,
			      .subject = (__u64)file,
			      .iocb = (__u64)iocb,
			      .offset = position,
			      .traits = TRAIT_OFFSET};

	if (can_be_async && is_retry(op, (__u64)iocb, file))
		return;
	if (!is_wanted_file(file) || !current_in_scope())
		return;
	if (can_be_async)
		begin_async(op, &start);
	else
		begin_event(op, &start);
}

static __always_inline void on_file(__u32 op, struct file *file)
{
	struct start start = {.op = op, .subject = (__u64)file};

	if (is_wanted_file(file) && current_in_scope())
		begin_event(op, &start);
}

static __always_inline void on_sync(struct file *file, __u64 first, __u64 last)
{
	struct start start = {.op = OP_SYNC, .subject = (__u64)file};

	if (!is_wanted_file(file) || !current_in_scope())
		return;
	/* fsync() is of all there is. */
	if (first || last != 0x7fffffffffffffffULL) {
		start.offset = first;
		start.bytes = last - first + 1;
		start.traits = TRAIT_OFFSET | TRAIT_BYTES;
	}
	begin_event(OP_SYNC, &start);
}

/* Of functions that other file systems use too. */
static __always_inline void on_any_file(__u32 op, struct file *file)
{
	if (file && is_ext4_file(file, false))
		on_file(op, file);
}

/* src/page-size.ts */
const volatile __u32 page_bytes = 4096;

static __always_inline void on_fault(__u32 op, struct vm_fault *fault)
{
	struct file *file = BPF_CORE_READ(fault, vma, vm_file);
	struct start start = {.op = op, .subject = (__u64)file, .traits = TRAIT_OFFSET};

	if (!file || !is_ext4_file(file, false) || !is_wanted_file(file) || !current_in_scope())
		return;
	start.offset = BPF_CORE_READ(fault, pgoff) * page_bytes;
	begin_event(op, &start);
}

/* An end whose start we did not see. With a scope it cannot be told from ends outside of it. */
static __always_inline void on_unmatched(__u32 op)
{
	bool is_filtered = op == OP_MMAP || op == OP_SPLICE || op == OP_TRUNCATE;

	if (!is_filtered && !scope_by_pid && !scope_cgroup_id && !only_below)
		count_stat(unmatched_ends);
}

/* What a read or write that appends wrote begins where it ended less that. */
static __always_inline void set_written(struct start *start, long returned)
{
	struct kiocb *iocb = (struct kiocb *)start->iocb;

	start->bytes = returned;
	start->traits |= TRAIT_BYTES;
	if (start->op == OP_WRITE && BPF_CORE_READ(iocb, ki_flags) & IOCB_APPEND) {
		if (returned > 0)
			start->offset = BPF_CORE_READ(iocb, ki_pos) - returned;
		else
			start->traits &= ~TRAIT_OFFSET;
	}
}

static __always_inline void on_iter_return(__u32 op, long returned)
{
	__u64 now = bpf_ktime_get_ns();
	struct start *found = end(op);
	struct async async;

	if (!found) {
		on_unmatched(op);
		return;
	}
	if (found->is_counted) {
		if (finish_fast(op, now - found->start_ns))
			return;
		async.start = *found;
		async.who = current_who();
	} else {
		struct start start = *found;

		if (!is_over(&start, &async, &returned, &now))
			return;
	}
	set_written(&async.start, returned);
	finish(&async.start, &async.who, returned, now);
}

static __always_inline void on_end(__u32 op, long returned)
{
	__u64 now = bpf_ktime_get_ns();
	struct start *found = end(op), start;

	if (!found) {
		on_unmatched(op);
		return;
	}
	start = *found;
	if (op == OP_SPLICE) {
		start.bytes = returned;
		start.traits |= TRAIT_BYTES;
	}
	finish(&start, NULL, returned, now);
}

/* enum vm_fault_reason, as vm_fault_to_errno() reads it. */
static __always_inline long fault_error(__u32 reason)
{
	if (reason & 0x01)
		return -ENOMEM;
	return reason & (0x02 | 0x10 | 0x20 | 0x40) ? -EFAULT : 0;
}

#endif
