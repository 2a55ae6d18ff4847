#include "net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_PER_TURN	64

/*
 * What is watched, by descriptor.  The generation tells an event that was
 * fetched before its descriptor was closed (and perhaps opened again by
 * somebody else) from a fresh one.
 */
struct watched {
	loop_fn		 fn;		/* NULL = not watched */
	void		*ctx;
	uint32_t	 generation;
	unsigned	 events;
};

struct loop {
	int		 epoll_fd, wake_fd;
	struct watched	*watched;
	size_t		 watched_size;
	struct timer	*timers;	/* the earliest first */
	uint64_t	 now_ms;
	int64_t		 now;
	int64_t		(*clock)(void);
};

void
loop_read_clocks(struct loop *loop)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	loop->now_ms = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
	if (loop->clock != NULL) {
		loop->now = loop->clock();
		return;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	loop->now = ts.tv_sec;
}

struct loop *
loop_new(int64_t (*clock)(void), struct err *err)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	struct epoll_event event = { .events = EPOLLIN };

	if (loop == NULL)
		abort();
	loop->clock = clock;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	event.data.u64 = UINT64_MAX;
	if (loop->epoll_fd == -1 || loop->wake_fd == -1 ||
	    epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) == -1) {
		err_set(err, ERR_IO, "epoll: %s", strerror(errno));
		loop_free(loop);
		return NULL;
	}
	loop_read_clocks(loop);
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->epoll_fd != -1)
		close(loop->epoll_fd);
	if (loop->wake_fd != -1)
		close(loop->wake_fd);
	free(loop->watched);
	free(loop);
}

bool
loop_watch(struct loop *loop, int fd, unsigned events, loop_fn fn, void *ctx)
{
	struct epoll_event event = { 0 };
	struct watched *w;
	int op;

	if ((size_t)fd >= loop->watched_size) {
		size_t size = (size_t)fd + 64;

		loop->watched = realloc(loop->watched, size * sizeof(*loop->watched));
		if (loop->watched == NULL)
			abort();
		memset(loop->watched + loop->watched_size, 0,
		    (size - loop->watched_size) * sizeof(*loop->watched));
		loop->watched_size = size;
	}
	w = &loop->watched[fd];
	op = w->fn == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	if (w->fn == NULL)
		w->generation++;
	if ((events & LOOP_READ) != 0)
		event.events |= EPOLLIN;
	if ((events & LOOP_WRITE) != 0)
		event.events |= EPOLLOUT;
	event.data.u64 = (uint64_t)w->generation << 32 | (uint32_t)fd;
	w->fn = fn;
	w->ctx = ctx;
	if (op == EPOLL_CTL_MOD && w->events == events)
		return true;
	w->events = events;
	if (epoll_ctl(loop->epoll_fd, op, fd, &event) == -1) {
		w->fn = NULL;
		return false;
	}
	return true;
}

void
loop_unwatch(struct loop *loop, int fd)
{
	struct epoll_event event = { 0 };

	if (fd < 0 || (size_t)fd >= loop->watched_size || loop->watched[fd].fn == NULL)
		return;
	loop->watched[fd].fn = NULL;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, &event);
}

/* A sorted list: there are few timers, and most are set behind all others. */
void
loop_timer_set(struct loop *loop, struct timer *timer, uint64_t at_ms)
{
	struct timer **at, *prev = NULL;

	loop_timer_clear(loop, timer);
	for (at = &loop->timers; *at != NULL && (*at)->at_ms <= at_ms; at = &(*at)->next)
		prev = *at;
	timer->at_ms = at_ms;
	timer->armed = true;
	timer->prev = prev;
	timer->next = *at;
	if (timer->next != NULL)
		timer->next->prev = timer;
	*at = timer;
}

void
loop_timer_clear(struct loop *loop, struct timer *timer)
{
	if (!timer->armed)
		return;
	if (timer->prev != NULL)
		timer->prev->next = timer->next;
	else
		loop->timers = timer->next;
	if (timer->next != NULL)
		timer->next->prev = timer->prev;
	timer->armed = false;
}

static void
dispatch(struct loop *loop, const struct epoll_event *event)
{
	struct watched *w;
	unsigned events = 0;
	uint64_t count;
	int fd;

	if (event->data.u64 == UINT64_MAX) {
		while (read(loop->wake_fd, &count, sizeof(count)) == -1 && errno == EINTR)
			;
		return;
	}
	fd = (int)(uint32_t)event->data.u64;
	w = &loop->watched[fd];
	if (w->fn == NULL || w->generation != (uint32_t)(event->data.u64 >> 32))
		return;
	if ((event->events & EPOLLIN) != 0)
		events |= LOOP_READ;
	if ((event->events & EPOLLOUT) != 0)
		events |= LOOP_WRITE;
	if ((event->events & (EPOLLERR | EPOLLHUP)) != 0)
		events |= w->events == 0 ? LOOP_READ : w->events;
	w->fn(w->ctx, fd, events);
}

void
loop_turn(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_TURN];
	struct timer *timer;
	int i, n;

	loop_read_clocks(loop);
	if (loop->timers != NULL) {
		uint64_t wait_ms = loop->timers->at_ms <= loop->now_ms ? 0 :
		    loop->timers->at_ms - loop->now_ms;

		if (wait_ms > 3600000)
			wait_ms = 3600000;
		if (timeout_ms < 0 || (uint64_t)timeout_ms > wait_ms)
			timeout_ms = (int)wait_ms;
	}
	n = epoll_wait(loop->epoll_fd, events, EVENTS_PER_TURN, timeout_ms);
	loop_read_clocks(loop);
	for (i = 0; i < n; i++)
		dispatch(loop, &events[i]);

	/* Bounded, so that timers that set themselves again cannot hold the turn. */
	for (i = 0; i < 1024 && (timer = loop->timers) != NULL &&
	    timer->at_ms <= loop->now_ms; i++) {
		loop_timer_clear(loop, timer);
		timer->fn(timer->ctx);
	}
}

void
loop_wake(struct loop *loop)
{
	uint64_t one = 1;

	while (write(loop->wake_fd, &one, sizeof(one)) == -1 && errno == EINTR)
		;
}

uint64_t
loop_now_ms(const struct loop *loop)
{
	return loop->now_ms;
}

int64_t
loop_now(const struct loop *loop)
{
	return loop->now;
}
