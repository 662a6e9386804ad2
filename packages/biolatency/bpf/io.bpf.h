/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BIOLATENCY_IO_BPF_H
#define BIOLATENCY_IO_BPF_H

#include "block.bpf.h"
#include "flags.bpf.h"
#include "histogram.bpf.h"

/* What was asked for. The verifier removes what these switch off: nobody pays for it. */
const volatile bool bios = false; /* bios instead of requests */
const volatile bool from_insert =
	false;			   /* latency from the insertion into a queue, not from the issue */
const volatile bool split = false; /* both parts of it */
const volatile bool per_disk = false;
const volatile bool per_flags = false;
const volatile bool want_slowest = false;
const volatile bool only_disk = false;
const volatile __u32 disk_wanted = 0; /* major << 20 | minor */
const volatile bool only_partition = false;
const volatile __u64 first_sector = 0;
const volatile __u64 end_sector = 0;

/* One request or bio. What nobody asked for is left 0. */
struct io {
	__u64 id; /* what its end is recognized by */
	__u64 sector;
	__u32 disk;
	__u32 bytes;
	__u32 flags;
};

/* Facts about the quality of what is reported. */
struct quality {
	__u64 merged; /* inserted requests that became part of another one */
	__u64 requeued;
	__u64 parts;		       /* completions of a part of a request */
	__u64 queued_since_allocation; /* no insertion was seen: queue time counts from the
					  request's allocation */
	__u64 queue_time_unknown;      /* nor was there a time of allocation: queue time is 0 */
	__u64 not_attributable;	       /* to any cgroup */
	__u64 queue_times_lost;	       /* missing in the histograms of queue time */
};

QUALITY;

/* A flush has no sector: it belongs to a disk and to no partition. */
static __always_inline bool on_wanted_disk(const struct io *io)
{
	if (only_disk && io->disk != disk_wanted)
		return false;
	return !only_partition || (io->sector >= first_sector && io->sector < end_sector);
}

/* `ends`: of a request that ends disk and flags are counted, of one that begins the size. */
static __always_inline struct io request_io(struct request *rq, const bool ends, const bool typed)
{
	struct io io = {.id = (__u64)rq};

	if (only_disk || (ends && (per_disk || want_slowest)))
		io.disk = request_disk(rq, typed);
	if (only_partition || (!ends && want_slowest))
		io.sector = GET(typed, rq, __sector);
	if (!ends && (histogram_sizes || want_slowest))
		io.bytes = GET(typed, rq, __data_len);
	if (ends && (per_flags || want_slowest))
		io.flags = io_flags(GET(typed, rq, cmd_flags));
	return io;
}

/* As of its beginning: at its end a bio no longer knows. */
static __always_inline struct io bio_io(struct bio *bio, const bool typed)
{
	struct io io = {.id = (__u64)bio};

	if (per_disk || only_disk || want_slowest)
		io.disk = disk_number(bio_gendisk(bio, typed), typed);
	if (only_partition || want_slowest)
		io.sector = GET(typed, bio, bi_iter.bi_sector);
	if (histogram_sizes || want_slowest)
		io.bytes = GET(typed, bio, bi_iter.bi_size);
	if (per_flags || want_slowest)
		io.flags = io_flags(GET(typed, bio, bi_opf));
	return io;
}

#endif
