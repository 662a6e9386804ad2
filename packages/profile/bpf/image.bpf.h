/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef PROBEKIT_IMAGE_BPF_H
#define PROBEKIT_IMAGE_BPF_H

#include "hash.bpf.h"
#include "map.bpf.h"
#include "ring.bpf.h"

#define ADDR_NO_RANDOMIZE 0x0040000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode {
	unsigned long i_ino;
};

struct file {
	struct inode *f_inode;
};

struct mm_struct {
	unsigned long start_code;
	unsigned long end_code;
	unsigned long start_stack;
	struct file *exe_file;
};

#pragma clang attribute pop

/*
 * An image is one program in one process: an exec makes another, as does a process
 * that is given the pid of one that has exited. User space is told of it while it
 * runs, to read what it maps before that is gone: as often as it is found to be new
 * somewhere, the 1st, 2nd, 4th, 8th ... time and whenever it was not told of for so
 * long, since a program maps more as it goes.
 */
#define TELL_AGAIN_NS 250000000ULL

struct image {
	hash64_t image;
	/* What tells user space that the pid still stands for it. */
	id64_t start_ns; /* since boot */
	addr_t start_code;
	addr_t end_code;
	addr_t start_stack;
	id64_t exe_inode;
	__u32 pid;
	__u32 is_fixed; /* its addresses are not drawn at random */
};

RING(sampled_images, struct image, 256 * 1024);

struct telling {
	__u64 count;
	__u64 last_ns;
};

/* As many fit as samples do: each image has one of those at least. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 40960);
	__type(key, hash64_t);
	__type(value, struct telling);
} images SEC(".maps");

static __always_inline hash64_t current_image(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 hash = mix(hash_seed, bpf_get_current_pid_tgid() >> 32);

	hash = mix(hash, BPF_CORE_READ(task, group_leader, start_boottime));
	return mix(hash, BPF_CORE_READ(task, self_exec_id));
}

static __always_inline bool tell_image(hash64_t image, __u32 pid)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct image *record = bpf_ringbuf_reserve(&sampled_images, sizeof(*record), 0);

	if (!record)
		return false;
	record->image = image;
	record->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	record->start_code = BPF_CORE_READ(mm, start_code);
	record->end_code = BPF_CORE_READ(mm, end_code);
	record->start_stack = BPF_CORE_READ(mm, start_stack);
	record->exe_inode = BPF_CORE_READ(mm, exe_file, f_inode, i_ino);
	record->pid = pid;
	record->is_fixed = !!(BPF_CORE_READ(task, personality) & ADDR_NO_RANDOMIZE);
	bpf_ringbuf_submit(record, 0);
	return true;
}

/* Of the current task. What the ring has no room for is told the next time. */
static __always_inline void count_image(hash64_t image, __u32 pid, __u64 now)
{
	struct telling *telling, none = {};

	if (!image)
		return;
	telling = bpf_map_lookup_elem(&images, &image);
	if (!telling) {
		if (map_update(&images, &image, &none, BPF_NOEXIST) == -E2BIG)
			return;
		telling = bpf_map_lookup_elem(&images, &image);
		if (!telling)
			return;
	}
	if (!(telling->count & (telling->count + 1)) || now - telling->last_ns > TELL_AGAIN_NS) {
		if (!tell_image(image, pid))
			return;
		telling->last_ns = now;
	}
	telling->count++;
}

#endif
