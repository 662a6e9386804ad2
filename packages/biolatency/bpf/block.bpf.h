/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BIOLATENCY_BLOCK_BPF_H
#define BIOLATENCY_BLOCK_BPF_H

#include "cgroup.bpf.h"

/* The block layer's types, of each only what is read here. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct blkcg {
	struct cgroup_subsys_state css;
};

struct blkcg_gq {
	struct blkcg *blkcg;
};

struct gendisk {
	int major;
	int first_minor;
	struct request_queue *queue;
};

struct block_device {
	struct gendisk *bd_disk;
};

struct bvec_iter {
	__u64 bi_sector;
	unsigned int bi_size;
};

struct bio {
	struct bio *bi_next;
	struct block_device *bi_bdev; /* from 5.12 (309dca309fc3) */
	unsigned int bi_opf;
	struct bvec_iter bi_iter;
	void *bi_private;
	struct blkcg_gq *bi_blkg; /* CONFIG_BLK_CGROUP */
};

struct bio___disk {
	struct gendisk *bi_disk; /* before 5.12 */
};

struct request_queue {
	const void *mq_ops;   /* NULL: it makes no requests of its bios */
	struct gendisk *disk; /* from 5.15 (d152c682f03c) */
};

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
	unsigned int __data_len;
	__u64 __sector;
	struct bio *bio;
	__u64 start_time_ns;
};

struct request___disk {
	struct gendisk *rq_disk; /* until 5.16 (f3fa33acca9f) */
};

struct trace_event_raw_block_rq {
	__u32 dev;
	__u64 sector;
	unsigned int nr_sector;
	char rwbs[8];
};

struct trace_event_raw_block_rq_requeue {
	__u32 dev;
	__u64 sector;
	char rwbs[8];
};

struct trace_event_raw_block_rq_completion { /* from 5.18 (d5869fdc189f) */
	__u32 dev;
	__u64 sector;
	unsigned int nr_sector;
	char rwbs[8];
};

struct trace_event_raw_block_rq_complete { /* before */
	__u32 dev;
	__u64 sector;
	unsigned int nr_sector;
	char rwbs[8];
};

#pragma clang attribute pop

/*
 * A field through a pointer whose type the verifier knows (tp_btf: one load) or does
 * not (raw_tp: a helper's call). `typed` is a constant wherever this is inlined.
 */
#define GET(typed, ptr, member)                            \
	({                                                 \
		typeof((ptr)->member) got_;                \
		if (typed)                                 \
			got_ = (ptr)->member;              \
		else                                       \
			got_ = BPF_CORE_READ(ptr, member); \
		got_;                                      \
	})

static __always_inline __u32 disk_number(struct gendisk *disk, const bool typed)
{
	return (__u32)GET(typed, disk, major) << 20 | (__u32)GET(typed, disk, first_minor);
}

static __always_inline __u32 request_disk(struct request *rq, const bool typed)
{
	struct request_queue *queue;

	if (bpf_core_field_exists(struct request___disk, rq_disk))
		return disk_number(GET(typed, (struct request___disk *)rq, rq_disk), typed);
	queue = GET(typed, rq, q);
	return disk_number(GET(typed, queue, disk), typed);
}

static __always_inline struct gendisk *bio_gendisk(struct bio *bio, const bool typed)
{
	struct block_device *device;

	if (!bpf_core_field_exists(struct bio, bi_bdev))
		return GET(typed, (struct bio___disk *)bio, bi_disk);
	device = GET(typed, bio, bi_bdev);
	return GET(typed, device, bd_disk);
}

/* Else the end of the bio is traced as that of a request, and block_bio_complete does not fire. */
static __always_inline bool stays_bio(struct bio *bio, const bool typed)
{
	struct gendisk *disk = bio_gendisk(bio, typed);
	struct request_queue *queue = GET(typed, disk, queue);

	return !GET(typed, queue, mq_ops);
}

/*
 * Before 5.11 these tracepoints had the queue as their first argument; a54895fa took it away, also
 * from 5.10.137 on: the kernel's BTF says which it is.
 */
typedef void (*btf_trace_block_rq_issue___queue)(void *, struct request_queue *, struct request *);
typedef void (*btf_trace_block_bio_queue___queue)(void *, struct request_queue *, struct bio *);

/* The verifier of 5.10 knows no context but by a constant offset, which clang would make a
 * variable. */
#define ARGUMENT(ctx, number)                              \
	({                                                 \
		__u64 argument_;                           \
		asm volatile("%0 = *(u64 *)(%1 + %2)"      \
			     : "=r"(argument_)             \
			     : "r"(ctx), "i"(8 * number)); \
		argument_;                                 \
	})

static __always_inline struct request *request_argument(__u64 *ctx)
{
	if (bpf_core_type_exists(btf_trace_block_rq_issue___queue))
		return (struct request *)ARGUMENT(ctx, 1);
	return (struct request *)ARGUMENT(ctx, 0);
}

static __always_inline struct bio *bio_argument(__u64 *ctx)
{
	if (bpf_core_type_exists(btf_trace_block_bio_queue___queue))
		return (struct bio *)ARGUMENT(ctx, 1);
	return (struct bio *)ARGUMENT(ctx, 0);
}

#endif
