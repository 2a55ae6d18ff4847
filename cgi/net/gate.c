#include "net/gate.h"

#include <stddef.h>

static void
passes_add(struct passes *list, struct pass *p)
{
	p->next = NULL;
	p->prev = list->last;
	if (list->last != NULL)
		list->last->next = p;
	else
		list->first = p;
	list->last = p;
}

static void
passes_remove(struct passes *list, struct pass *p)
{
	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		list->first = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	else
		list->last = p->prev;
}

static void
let_in(struct gate *gate)
{
	struct pass *p;

	while (gate->inside_count < gate->limit && (p = gate->waiting.first) != NULL) {
		passes_remove(&gate->waiting, p);
		passes_add(&gate->inside, p);
		p->inside = true;
		gate->inside_count++;
		p->timer.fn = p->enter;
		p->timer.ctx = p->ctx;
		loop_timer_set(gate->loop, &p->timer, 0);
	}
}

void
gate_init(struct gate *gate, struct loop *loop, uint32_t limit)
{
	*gate = (struct gate){ .loop = loop, .limit = limit };
}

void
gate_wait(struct gate *gate, struct pass *p, void (*enter)(void *), void *ctx)
{
	*p = (struct pass){ .gate = gate, .enter = enter, .ctx = ctx };
	passes_add(&gate->waiting, p);
	let_in(gate);
}

void
gate_leave(struct pass *p)
{
	struct gate *gate = p->gate;

	loop_timer_clear(gate->loop, &p->timer);
	passes_remove(p->inside ? &gate->inside : &gate->waiting, p);
	if (p->inside)
		gate->inside_count--;
	let_in(gate);
}

struct pass *
gate_any(const struct gate *gate)
{
	return gate->inside.first != NULL ? gate->inside.first : gate->waiting.first;
}
