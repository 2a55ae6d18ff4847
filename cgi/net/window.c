#include "net/window.h"

#define PERIOD_MS	30	/* at least, and two windows full of questions: answers come in bursts */
#define PAUSE		10	/* periods */
#define PAUSE_LOSING	2	/* those are longer */
#define LOST_PERCENT	1	/* more than that: is it because of us? */
#define LEAST		(WINDOW_FIRST / 2)
#define LEAST_LOSING	16
#define UP_PERCENT	115	/* of the rate before, or a step up (by half) brought nothing */
#define DOWN_PERCENT	90	/* or a step down (by a third) cost something */

void
window_init(struct window *w, uint32_t max, uint32_t timeout_ms)
{
	*w = (struct window){ .max = max, .timeout_ms = timeout_ms, .next = 1 };
	w->open = w->target = max < WINDOW_FIRST ? max : WINDOW_FIRST;
}

static void
begin_period(struct window *w, uint64_t now_ms)
{
	w->since_ms = now_ms;
	w->answers = w->losses = 0;
	w->idle = false;
}

static bool
is_losing(const struct window *w)
{
	return w->losses * 100 > (w->answers + w->losses) * LOST_PERCENT;
}

static void
try_step(struct window *w)
{
	uint32_t least = is_losing(w) ? LEAST_LOSING : LEAST, to;

	if (w->next > 0)
		to = w->open + w->open / 2 < w->max ? w->open + w->open / 2 + 1 : w->max;
	else
		to = w->open * 2 / 3 > least ? w->open * 2 / 3 : w->open < least ? w->open : least;
	if (to == w->open) {
		w->next = -w->next;		/* no further this way */
		w->pause = PAUSE;
		return;
	}
	w->former = w->open;
	w->step = w->next;
	w->target = to;
	if (w->step < 0)
		w->open = to;
}

static void
end_period(struct window *w, uint64_t now_ms)
{
	uint64_t took_ms = now_ms > w->since_ms ? now_ms - w->since_ms : 1;
	uint64_t rate = (uint64_t)w->answers * 1000000 / took_ms;

	if (w->step != 0 && rate * 100 < w->rate * (w->step > 0 ? UP_PERCENT : DOWN_PERCENT)) {
		w->open = w->target = w->former;
		w->next = -w->step;
		w->step = 0;
		w->pause = is_losing(w) ? PAUSE_LOSING : PAUSE;
		return;
	}
	if (w->step == 0 && is_losing(w) && !w->lost_before) {
		w->next = -1;
		w->pause = 0;
	}
	w->lost_before = is_losing(w);
	w->step = 0;
	w->rate = rate;
	if (w->pause > 0)
		w->pause--;
	else
		try_step(w);
}

void
window_note(struct window *w, uint64_t now_ms, bool lost, bool others_wait)
{
	if (lost)
		w->losses++;
	else
		w->answers++;
	if (!others_wait)
		w->idle = true;
	if (w->open < w->target) {
		/* On the way; the step is measured when it has been taken. */
		if (!lost && others_wait)
			w->open++;
		if (w->open == w->target)
			begin_period(w, now_ms);
		return;
	}
	if (w->since_ms == 0 || w->idle) {
		/* Without a queue there is nothing to be learnt. */
		w->step = 0;
		begin_period(w, now_ms);
		w->rate = 0;
		return;
	}
	/* What is lost holds its place until its time is out, so a period in which
	 * something got lost is only representative when it is as long. */
	if (now_ms - w->since_ms < (w->losses > 0 ? w->timeout_ms : PERIOD_MS) ||
	    w->answers + w->losses < 2 * w->open)
		return;
	end_period(w, now_ms);
	begin_period(w, now_ms);
}
