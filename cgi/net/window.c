#include "net/window.h"

#define PERIOD_MS	30	/* at least, and two windows full of questions: answers come in bursts */
#define PAUSE		10	/* periods */
#define PAUSE_LOSING	2	/* those are longer */
#define LOST_PERCENT	5	/* more than that: is it because of us? */
#define LEAST		16	/* not smaller than that, even so */

void
window_init(struct window *w, uint32_t max, uint32_t timeout_ms)
{
	*w = (struct window){ .max = max, .timeout_ms = timeout_ms };
	w->open = w->target = max < WINDOW_FIRST ? max : WINDOW_FIRST;
}

static void
begin_period(struct window *w, uint64_t now_ms)
{
	w->since_ms = now_ms;
	w->answers = w->losses = 0;
	w->idle = false;
}

static void
try_step(struct window *w, int step)
{
	uint32_t to;

	if (step > 0)
		to = w->open + w->open / 2 < w->max ? w->open + w->open / 2 + 1 : w->max;
	else
		to = w->open * 2 / 3 > LEAST ? w->open * 2 / 3 : LEAST;
	if (to > w->max)
		to = w->max;
	if (to == w->open)
		return;
	w->former = w->open;
	w->step = step;
	w->target = to;
	if (step < 0)
		w->open = to;
}

static bool
is_losing(const struct window *w)
{
	return w->losses * 100 > (w->answers + w->losses) * LOST_PERCENT;
}

static void
end_period(struct window *w, uint64_t now_ms)
{
	uint64_t took_ms = now_ms > w->since_ms ? now_ms - w->since_ms : 1;
	uint64_t rate = (uint64_t)w->answers * 1000000 / took_ms;

	if ((w->step > 0 && rate * 10 < w->rate * 11) ||
	    (w->step < 0 && rate * 10 < w->rate * 9)) {
		/* It brought nothing: take it back. */
		w->losses_stay = w->step < 0;
		w->open = w->target = w->former;
		w->step = 0;
		w->pause = is_losing(w) ? PAUSE_LOSING : PAUSE;
		return;
	}
	w->step = 0;
	w->rate = rate;
	if (w->pause > 0)
		w->pause--;
	else
		try_step(w, is_losing(w) && !w->losses_stay && w->open > LEAST ? -1 : 1);
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
