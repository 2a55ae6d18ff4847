/* Lists of problems; see the header. */

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "mail/problem.h"

struct problems
problems_in(struct arena *a)
{
	return (struct problems){ .arena = a };
}

static bool
same_place(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

struct problem *
problem_add(struct problems *ps, enum problem_severity severity, const char *code, const char *where)
{
	struct problem *p;
	size_t i, size;

	for (i = 0; i < ps->count; i++) {
		p = &ps->list[i];
		if (strcmp(p->code, code) == 0 && same_place(p->where, where))
			return p;
	}
	if (ps->count >= PROBLEMS_MAX)
		return NULL;
	if (ps->count == ps->size) {
		size = ps->size == 0 ? 4 : ps->size * 2;
		ps->list = arena_grow(ps->arena, ps->list, ps->count, size, sizeof(*ps->list));
		ps->size = size;
	}
	p = &ps->list[ps->count++];
	p->code = code;
	p->severity = severity;
	p->where = arena_strdup(ps->arena, where);
	return p;
}

void
problem_value(struct problems *ps, struct problem *p, const char *name, struct text value)
{
	if (p == NULL || p->value_count >= PROBLEM_VALUES_MAX)
		return;
	p->values[p->value_count].name = name;
	p->values[p->value_count].value = text_show(ps->arena, value);
	p->value_count++;
}

void
problem_value_int(struct problems *ps, struct problem *p, const char *name, int64_t value)
{
	problem_value(ps, p, name, text_of(arena_printf(ps->arena, "%" PRId64, value)));
}

void
problems_sort(struct problems *ps)
{
	struct problem one;
	size_t i, j;

	/* Insertion sort: stable, and lists are short. */
	for (i = 1; i < ps->count; i++) {
		one = ps->list[i];
		for (j = i; j > 0 && ps->list[j - 1].severity > one.severity; j--)
			ps->list[j] = ps->list[j - 1];
		ps->list[j] = one;
	}
}

bool
problems_have(const struct problems *ps, const char *code)
{
	size_t i;

	for (i = 0; i < ps->count; i++)
		if (strcmp(ps->list[i].code, code) == 0)
			return true;
	return false;
}

const char *
problem_severity_word(enum problem_severity severity)
{
	static const char *const words[] = { "error", "warning", "info" };

	return words[severity];
}
