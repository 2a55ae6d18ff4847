#ifndef NET_WINDOW_H
#define NET_WINDOW_H

/*
 * How many questions may be under way at once.  Pure.
 *
 * Throughput is window divided by latency, so a window that is too small
 * wastes the time of everybody who waits; one that is too large only fills
 * queues, ours and the server's, until answers come too late or get lost.
 * Latency alone does not tell which of both it is.  So the window climbs: while
 * questions wait, a step up is tried, and taken back when it did not bring
 * noticeably more answers per second; then, after a pause, a step down, and taken
 * back when it cost some.  When questions get lost, downwards comes first.
 */

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_FIRST	200	/* fits the receive buffer that a server has by default, 208 KiB */

struct window {
	uint32_t	 open;		/* the answer */
	uint32_t	 max;
	/* private */
	uint32_t	 target;	/* `open` goes there by one per answer, so without bursts */
	uint32_t	 former;	/* before the step that is being tried */
	int		 step;		/* 1 up, -1 down, 0 none is being tried */
	uint32_t	 pause;		/* periods */
	uint64_t	 since_ms;	/* of this period */
	uint32_t	 answers, losses;
	uint32_t	 timeout_ms;
	bool		 idle;		/* there was a time when nothing waited */
	bool		 lost_before;	/* in the period before */
	int		 next;		/* direction of the next step */
	uint64_t	 rate;		/* answers per 1,000 s, in the period before */
};

void	window_init(struct window *, uint32_t max, uint32_t timeout_ms);
/* One question has ended; do others wait for their turn? */
void	window_note(struct window *, uint64_t now_ms, bool lost, bool others_wait);

#endif
