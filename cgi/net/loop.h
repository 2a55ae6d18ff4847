#ifndef NET_LOOP_H
#define NET_LOOP_H

/*
 * One turn of waiting: descriptors (epoll, level-triggered), timers, a wake-up
 * from other threads.  Everything but loop_wake belongs to the thread that
 * turns the loop.
 */

#include "base/err.h"

#include <stdint.h>

struct loop;

#define LOOP_READ	1U
#define LOOP_WRITE	2U

typedef void	(*loop_fn)(void *ctx, int fd, unsigned events);

/* Lives in its owner; zeroed is unarmed.  Fires once, fn is called after at_ms. */
struct timer {
	void		(*fn)(void *ctx);
	void		*ctx;
	uint64_t	 at_ms;
	bool		 armed;
	struct timer	*next, *prev;
};

/* clock: Unix seconds, or NULL for the system's.  Time-outs are monotonic in any case. */
struct loop	*loop_new(int64_t (*clock)(void), struct err *);
void		 loop_free(struct loop *);

/* Begin to watch, or change what is watched; events 0 keeps errors only.  A
 * descriptor must be unwatched before it is closed.  Errors and hang-up are told as both
 * events that were asked for. */
bool		 loop_watch(struct loop *, int fd, unsigned events, loop_fn, void *ctx);
void		 loop_unwatch(struct loop *, int fd);

void		 loop_timer_set(struct loop *, struct timer *, uint64_t at_ms);
void		 loop_timer_clear(struct loop *, struct timer *);

/* Wait for at most timeout_ms (-1: for something to happen), call what is due. */
void		 loop_turn(struct loop *, int timeout_ms);
void		 loop_wake(struct loop *);		/* any thread */

/* Clocks, read at both ends of the waiting and by loop_read_clocks: monotonic
 * milliseconds, Unix seconds. */
void		 loop_read_clocks(struct loop *);
uint64_t	 loop_now_ms(const struct loop *);
int64_t		 loop_now(const struct loop *);

#endif
