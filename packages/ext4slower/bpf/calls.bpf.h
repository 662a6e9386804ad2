/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef EXT4SLOWER_CALLS_BPF_H
#define EXT4SLOWER_CALLS_BPF_H

#include "call-number.bpf.h"
#include "start.bpf.h"

/*
 * System calls on files of ext4, where the functions of ext4 cannot be hooked: what
 * the program waits for.
 */

const volatile __u32 ops = 0xf;

static __always_inline bool is_wanted_op(__u32 op)
{
	return ops & (1U << op);
}

/* The descriptor that is on ext4: of what copies, the source, or else the target. */
static __always_inline struct file *file_of_call(int number, __u32 op, const __u64 args[4],
						 __s32 *fd)
{
	bool is_sendfile = number == NR_sendfile;
	struct file *file;

	*fd = is_sendfile ? args[1] : args[0];
	file = file_of_fd(*fd);
	if (file && is_ext4_file(file, op == OP_SYNC || op == OP_READDIR))
		return file;
	if (op != OP_SPLICE)
		return NULL;
	*fd = is_sendfile ? args[0] : args[2];
	file = file_of_fd(*fd);
	return file && is_ext4_file(file, false) ? file : NULL;
}

static __always_inline bool has_position(int number)
{
	return number == NR_pread64 || number == NR_pwrite64 || number == NR_preadv ||
	       number == NR_pwritev || number == NR_preadv2 || number == NR_pwritev2;
}

static __always_inline bool appends(struct file *file)
{
	return BPF_CORE_READ(file, f_flags) & O_APPEND;
}

static __always_inline void set_offset(struct start *start, int number, __u64 position)
{
	struct file *file = (struct file *)start->subject;

	/* -1 is that of the file, for those with a 2 at the end. */
	start->is_positioned = has_position(number) && position != ~0ULL;
	start->offset = start->is_positioned ? position : BPF_CORE_READ(file, f_pos);
	start->traits = TRAIT_OFFSET;
}

static __always_inline void on_call(int number, const __u64 args[4])
{
	__u32 op = op_of_call(number);
	struct start start = {.op = op};
	struct file *file;

	if (op == OPS || !is_wanted_op(op))
		return;
	if (op == OP_OPEN) {
		/* Whether the file is on ext4 is known when it is open. */
		if (is_compat_call() || !current_in_scope())
			return;
		start.is_open = true;
		start.start_ns = bpf_ktime_get_ns();
		if (begin(PLACE_CALL, &start))
			count_quality(opens_not_kept);
		return;
	}
	file = file_of_call(number, op, args, &start.fd);
	if (!file || is_compat_call() || !is_wanted_file(file) || !current_in_scope())
		return;
	start.subject = (__u64)file;
	if (op == OP_READ || op == OP_WRITE)
		set_offset(&start, number, args[3]);
	begin_event(PLACE_CALL, &start);
}

/* Where a write began that appends: at its end less what it wrote. */
static __always_inline void set_appended(struct start *start, long returned)
{
	struct file *file = (struct file *)start->subject;

	if (!appends(file))
		return;
	if (returned > 0 && !start->is_positioned)
		start->offset = BPF_CORE_READ(file, f_pos) - returned;
	else
		start->traits &= ~TRAIT_OFFSET;
}

static __always_inline bool opened(struct start *start, long returned)
{
	struct file *file = returned < 0 ? NULL : file_of_fd(returned);

	if (!file || !is_ext4_file(file, false) || !is_wanted_file(file))
		return false;
	start->subject = (__u64)file;
	count_stat(events);
	return true;
}

static __always_inline void on_return(int number, long returned)
{
	__u64 now = bpf_ktime_get_ns();
	struct start *found, start;

	if (op_of_call(number) == OPS)
		return;
	found = end(PLACE_CALL);
	if (!found)
		return;
	start = *found;
	if (start.op == OP_OPEN) {
		if (!opened(&start, returned))
			return;
	} else if (!is_below_threshold(now - start.start_ns)) {
		if (file_of_fd(start.fd) != (struct file *)start.subject) {
			/* Closed meanwhile, and maybe freed. */
			count_quality(files_unknown);
			start.subject = 0;
			if (start.op == OP_WRITE)
				start.traits &= ~TRAIT_OFFSET;
		} else if (start.op == OP_WRITE) {
			set_appended(&start, returned);
		}
	}
	if (start.op == OP_READ || start.op == OP_WRITE || start.op == OP_SPLICE) {
		start.traits |= TRAIT_BYTES;
		start.bytes = returned;
	}
	finish(&start, NULL, returned, now);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(call_enter, REGISTERS *regs, long number)
{
	__u64 args[4] = CALL_ARGS(regs);

	on_call(number, args);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_exit, REGISTERS *regs, long returned)
{
	on_return(CALL_NUMBER(regs), returned);
	return 0;
}

#endif
