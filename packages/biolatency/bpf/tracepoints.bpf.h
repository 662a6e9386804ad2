/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BIOLATENCY_TRACEPOINTS_BPF_H
#define BIOLATENCY_TRACEPOINTS_BPF_H

#include "latency.bpf.h"
#include "life.bpf.h"

/*
 * Requests as the tracepoints' records show them: no pointers, but device, sector,
 * size and the letters of blktrace. The id of a request is where it stands, so that
 * two at once in one place are taken for one; a part that completes moves the rest
 * along. Letters tell of fewer flags than the request has.
 */
#define SECTOR_SHIFT 9

/* One number for device and sector, where adding sectors moves along the device. */
static __always_inline __u64 place(__u32 dev, __u64 sector, __u32 flags)
{
	__u64 base = (__u64)dev * 0x9e3779b97f4a7c15ULL;

	/* A flush has no sector and shows 0. */
	return (flags & REQ_OP_MASK) == REQ_OP_FLUSH ? ~base : base + sector;
}

#define HAS(set, letter) (((set) >> ((letter) - 'A')) & 1)

/* As blk_fill_rwbs() writes them: F before the operation is a flush before it, after it a forced
 * unit access. Sets of letters, since a branch a letter is more than the verifier walks. */
static __always_inline __u32 letters_to_flags(const char *letters)
{
	__u32 all = 0, rest = 0, op, flags;

	for (int i = 0; i < 8; i++) {
		__u32 letter = 1U << ((letters[i] - 'A') & 31);

		if (!letters[i])
			break;
		all |= letter;
		rest |= i > 0 ? letter : 0;
	}
	flags = HAS(all, 'S') * IO_SYNC | HAS(all, 'M') * IO_META | HAS(all, 'A') * IO_RAHEAD;
	if (HAS(all, 'R'))
		op = REQ_OP_READ;
	else if (HAS(all, 'W'))
		op = REQ_OP_WRITE;
	else if (HAS(all, 'D'))
		op = HAS(all, 'E') ? REQ_OP_SECURE_ERASE : REQ_OP_DISCARD;
	else
		return flags | (HAS(all, 'F') ? REQ_OP_FLUSH : OP_UNKNOWN);
	return op | flags | HAS(rest, 'F') * IO_FUA;
}

#define RECORD_IO(record)                                                   \
	({                                                                  \
		char letters_[8] = {};                                      \
		struct io io_ = {.disk = BPF_CORE_READ(record, dev),        \
				 .sector = BPF_CORE_READ(record, sector)};  \
		bpf_core_read(letters_, sizeof(letters_), &(record)->rwbs); \
		io_.flags = letters_to_flags(letters_);                     \
		io_.id = place(io_.disk, io_.sector, io_.flags);            \
		io_;                                                        \
	})

SEC("tracepoint/block/block_rq_insert")
int record_insert(struct trace_event_raw_block_rq *record)
{
	struct io io = RECORD_IO(record);

	io.bytes = BPF_CORE_READ(record, nr_sector) << SECTOR_SHIFT;
	if (!on_wanted_disk(&io))
		return 0;
	if (want_slowest)
		remember_origin(&io, NULL, BPF_ANY);
	if (from_insert)
		on_insert(&io);
	return 0;
}

SEC("tracepoint/block/block_rq_issue")
int record_issue(struct trace_event_raw_block_rq *record)
{
	struct io io = RECORD_IO(record);

	io.bytes = BPF_CORE_READ(record, nr_sector) << SECTOR_SHIFT;
	if (!on_wanted_disk(&io))
		return 0;
	if (want_slowest)
		remember_origin(&io, NULL, BPF_NOEXIST);
	on_issue(&io, 0);
	return 0;
}

SEC("tracepoint/block/block_rq_requeue")
int record_requeue(struct trace_event_raw_block_rq_requeue *record)
{
	struct io io = RECORD_IO(record);

	on_requeue(io.id);
	return 0;
}

SEC("tracepoint/block/block_rq_merge")
int record_merge(struct trace_event_raw_block_rq *record)
{
	struct io io = RECORD_IO(record);

	on_merge(io.id);
	return 0;
}

/* The rest of a request stands where the completed part ends. */
static __always_inline void part_completed(const struct io *io, struct start *start, __u32 sectors)
{
	__u64 rest = io->id + sectors;
	int err;

	count_quality(parts);
	start->bytes -= sectors << SECTOR_SHIFT;
	err = map_update(&starts, &rest, start, BPF_NOEXIST);
	if (err)
		count_refused(err);
}

static __always_inline int record_completed(const struct io *io, __u32 sectors)
{
	__u64 now = bpf_ktime_get_ns();
	struct start copy, *start;
	struct io ended = *io;

	if (!on_wanted_disk(io))
		return 0;
	start = take_start(io->id, &copy);
	if (!start)
		count_stat(unmatched_ends);
	else if (sectors << SECTOR_SHIFT < start->bytes)
		part_completed(io, start, sectors);
	else
		on_end(&ended, start, now);
	return 0;
}

SEC("tracepoint/block/block_rq_complete")
int record_complete(struct trace_event_raw_block_rq_completion *record)
{
	if (bpf_core_type_exists(struct trace_event_raw_block_rq_completion)) {
		struct io io = RECORD_IO(record);

		return record_completed(&io, BPF_CORE_READ(record, nr_sector));
	} else {
		struct trace_event_raw_block_rq_complete *old = (void *)record;
		struct io io = RECORD_IO(old);

		return record_completed(&io, BPF_CORE_READ(old, nr_sector));
	}
}

#endif
