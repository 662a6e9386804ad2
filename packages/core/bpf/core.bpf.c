// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* No programs: what user space reads of every tool's maps, for one layout of it in core. */
#include "histogram.bpf.h"
#include "stats.bpf.h"
