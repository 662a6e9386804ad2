/* SPDX-License-Identifier: Apache-2.0 */
/* The programs that were asked for. */
#ifndef CHILDREN_H
#define CHILDREN_H

#include <poll.h>
#include <stdint.h>

#define MAX_CHILDREN 64
/* What poll() watches for one child: its output, its errors, room for its input. */
#define POLLED 3

void start_child(uint32_t id, char *body, uint32_t length);
void feed_child(uint32_t id, const char *input, uint32_t length);
void signal_child(uint32_t id, int number);
/* Ends every process but this one, and waits until they are gone. */
void end_everything(void);
/* Takes what has ended, orphans included. */
void reap(void);
void watch_children(struct pollfd *watched);
/* Passes on what poll() found, and says which children are over. */
void serve_children(const struct pollfd *watched);

#endif
