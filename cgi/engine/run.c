#include "engine/run.h"

#include <string.h>

#include "base/arena.h"
#include "checks/sending.h"

struct check_state {			/* one check on one subject */
	const struct check	*check;
	struct ip		 address;	/* SCOPE_ADDRESS */
	struct run		 run;
	bool			 decided;
	bool			 unseen;	/* runs for another one that needs it */
	struct target_run	*target;
};

static bool
is_wanted(const struct target_run *t, const struct check *check)
{
	size_t i;

	if (t->options->only_count == 0)
		return true;
	for (i = 0; i < t->options->only_count; i++)
		if (strcmp(t->options->only[i], check->name) == 0)
			return true;
	return false;
}

/* One of those wanted asks for its outcome. */
static bool
is_needed(const struct target_run *t, const struct check *check)
{
	size_t i, j;

	for (i = 0; i < t->options->only_count; i++) {
		const struct check *wanted = check_find(t->options->only[i]);

		for (j = 0; wanted != NULL && wanted->needs != NULL && wanted->needs[j] != NULL; j++)
			if (strcmp(wanted->needs[j], check->name) == 0)
				return true;
	}
	return false;
}

static bool
concerns(const struct target_run *t, const struct check *check)
{
	bool of_domain = check->scope != SCOPE_SERVER && check->scope != SCOPE_ADDRESS;

	if (t->scope == SCOPE_DOMAIN ? !of_domain : of_domain && check->run_server == NULL)
		return false;
	return is_wanted(t, check) || is_needed(t, check);
}

static void
add_state(struct target_run *t, const struct check *check, struct ip address)
{
	struct check_state *state = &t->states[t->state_count++];

	state->check = check;
	state->address = address;
	state->target = t;
	state->unseen = !is_wanted(t, check);
}

#define ADDRESSES_MAX	64	/* sending addresses of one server that are checked */

/* Which checks on which subjects.  false = cannot say yet. */
static bool
lay_out(struct target_run *t, struct evidence *ev, struct arena *a)
{
	struct run asking = { .arena = a, .ev = ev, .rules = t->rules, .options = &t->options->ask };
	const struct ip *addresses = NULL;
	struct activation act;
	size_t count = 0, i, j;
	bool known = true;

	if (t->scope == SCOPE_SERVER) {
		evidence_begin(ev, &act);
		known = server_sending(&asking, &addresses, &count);
		evidence_end(ev, &act);
		if (!known && act.waiting > 0)
			return false;
		/* Could not be had: what is asked of addresses is unknown, the rest is asked all the same. */
		if (!known)
			t->no_addresses = act.failure;
	}
	if (count > ADDRESSES_MAX)
		count = ADDRESSES_MAX;
	t->states = arena_array(t->arena, checks_count * (count + 1), sizeof(*t->states));
	for (i = 0; i < checks_count; i++) {
		if (!concerns(t, checks[i]))
			continue;
		if (checks[i]->scope != SCOPE_ADDRESS || count == 0)
			add_state(t, checks[i], (struct ip){ 0 });
		else
			for (j = 0; j < count; j++)
				add_state(t, checks[i], addresses[j]);
	}
	return true;
}

/* What another check of this run has found; only of checks before it in the
 * table, so that two can never wait for each other. */
static const struct outcome *
other_check(struct run *run, const char *check, const char *subject)
{
	const struct check_state *self = (const struct check_state *)(const void *)
	    ((const char *)run - offsetof(struct check_state, run));
	const struct target_run *t = self->target;
	struct outcome *outcome = arena_zalloc(run->arena, sizeof(*outcome));
	const struct check_state *s;

	for (s = t->states; s < self; s++) {
		if (strcmp(s->check->name, check) != 0)
			continue;
		if (subject != NULL && s->check->scope == SCOPE_ADDRESS &&
		    strcmp(ip_str(run->arena, s->address), subject) != 0)
			continue;
		if (!s->decided) {
			ev_wait(run->ev);
			return NULL;
		}
		outcome->findings = s->run.findings;
		outcome->count = s->run.finding_count;
		return outcome;
	}
	return outcome;
}

/* Every check reports something: what it found, or that all is well. */
static void
close_check(struct check_state *s, const struct activation *act)
{
	struct run *run = &s->run;
	bool well = true;
	size_t i;

	if (act->failure.key != NULL) {
		report_unknown(run, act->failure.reason);
		finding_value(&run->findings[run->finding_count - 1], "what",
		    arena_strdup(run->arena, act->failure.key));
		finding_value(&run->findings[run->finding_count - 1], "detail",
		    act->failure.detail == NULL ? "" : arena_strdup(run->arena, act->failure.detail));
	}
	if (run->not_applicable) {
		struct finding *f = report(run, arena_printf(run->arena, "%s.not_applicable",
		    s->check->name), NULL);

		f->verdict = VERDICT_NOT_APPLICABLE;
		finding_value(f, "why", run->not_applicable_why);
		return;
	}
	for (i = 0; i < run->finding_count; i++)
		if (run->findings[i].verdict != VERDICT_INFORMATION ||
		    (run->findings[i].row != NULL && run->findings[i].row->not_yet))
			well = false;		/* a row of verdict ok stands for <check>.ok */
	if (well) {
		struct finding *f = report(run, arena_printf(run->arena, "%s.ok", s->check->name),
		    NULL);

		f->verdict = VERDICT_OK;
	}
}

/* Nothing can be said about a domain that does not exist. */
static void
mind_the_missing(struct run *run, struct activation *act)
{
	const struct delegation *d = ev_delegation(run->ev, run->domain);

	if (d == NULL || d->state != DELEGATION_NONE)
		return;
	run->finding_count = 0;
	act->failure.key = NULL;
	report_not_applicable(run, "unresolvable");
}

static void
run_check(struct target_run *t, struct check_state *s, struct evidence *ev)
{
	struct activation act;

	s->run = (struct run){
		.arena = t->arena, .ev = ev, .rules = t->rules, .options = &t->options->ask,
		.now = evidence_now(ev), .check = s->check, .domain = t->domain,
		.address = s->address, .other = other_check,
	};
	if (s->check->scope == SCOPE_ADDRESS && s->address.family == 0) {
		memset(&act, 0, sizeof(act));
		act.failure = t->no_addresses;
		if (act.failure.key == NULL)
			report_not_applicable(&s->run, "no_addresses");
	} else {
		evidence_begin(ev, &act);
		if (t->scope == SCOPE_SERVER && s->check->run_server != NULL)
			s->check->run_server(&s->run);
		else
			s->check->run(&s->run);
		if (t->scope == SCOPE_DOMAIN && strcmp(s->check->name, "dns") != 0)
			mind_the_missing(&s->run, &act);
		evidence_end(ev, &act);
		if (act.waiting > 0)
			return;
	}
	close_check(s, &act);
	s->decided = true;
}

static void
collect(struct target_run *t)
{
	size_t i, j, n = 0;

	for (i = 0; i < t->state_count; i++)
		n += t->states[i].run.finding_count;
	t->findings = arena_array(t->arena, n + 1, sizeof(*t->findings));
	for (i = 0; i < t->state_count; i++) {
		for (j = 0; !t->states[i].unseen && j < t->states[i].run.finding_count; j++) {
			t->findings[t->finding_count++] = t->states[i].run.findings[j];
			if (t->states[i].run.findings[j].verdict == VERDICT_PROBLEM)
				t->has_problem = true;
		}
	}
}

/* What a check of several addresses has found is one row: open until all are. */
size_t
target_rows(const struct target_run *t, struct target_row *rows, size_t max)
{
	struct target_row *row = NULL;
	size_t i, j, n = 0;

	for (i = 0; i < t->state_count; i++) {
		const struct check_state *s = &t->states[i];

		if (s->unseen)
			continue;
		if (row == NULL || row->check != s->check) {
			if (n == max)
				break;
			row = &rows[n++];
			*row = (struct target_row){ s->check, true, VERDICT_NOT_APPLICABLE };
		}
		row->decided = row->decided && s->decided;
		for (j = 0; s->decided && j < s->run.finding_count; j++)
			if (verdict_rank(s->run.findings[j].verdict) < verdict_rank(row->worst))
				row->worst = s->run.findings[j].verdict;
	}
	return n;
}

bool
target_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct target_run *t = ctx;
	size_t i, open;

	if (t->states == NULL && !lay_out(t, ev, a))
		return false;
	for (open = 0, i = 0; i < t->state_count; i++) {
		if (!t->states[i].decided)
			run_check(t, &t->states[i], ev);
		open += !t->states[i].decided;
	}
	if (open > 0)
		return false;
	collect(t);
	return true;
}
