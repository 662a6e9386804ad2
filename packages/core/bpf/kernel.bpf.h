/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_KERNEL_BPF_H
#define PROBEKIT_KERNEL_BPF_H

/*
 * The kernel types that the suite reads, and of each only the fields that it
 * reads. CO-RE relocates every access against the running kernel's own BTF, so
 * order and offsets here mean nothing; names and types do.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* Widths that JavaScript cannot hold in a number: the generated layouts decode
 * these typedefs as bigint, and any other 64-bit integer as number. */
typedef __u64 addr_t;
typedef __u64 hash64_t;
typedef __u64 id64_t;

#define TASK_COMM_LEN 16

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct task_struct {
	unsigned int flags;
	unsigned int personality;
	struct mm_struct *mm;
	__u64 self_exec_id;
	__u64 start_boottime;
	struct task_struct *group_leader;
	struct pid *thread_pid;
};

struct pt_regs;

#pragma clang attribute pop

#endif
