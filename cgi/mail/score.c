#include "mail/score.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "mail/mailaddr.h"
#include "mail/psl.h"
#include "mail/score_parts.h"

/* --- items ------------------------------------------------------------------------------------------ */

struct score_item *
score_add(struct score_items *items, const char *code, enum problem_severity severity, int points,
    const char *fix)
{
	struct score_item *item;

	if (items->count == SCORE_ITEMS_MAX)		/* written over: nobody reads that far */
		items->count--;
	item = &items->list[items->count++];
	*item = (struct score_item){ .code = code, .severity = severity, .points = points, .fix = fix };
	return item;
}

bool
score_has(const struct score_items *items, const char *code)
{
	for (size_t i = 0; i < items->count; i++)
		if (strcmp(items->list[i].code, code) == 0)
			return true;
	return false;
}

void
score_value(struct score_items *items, struct score_item *item, const char *name, struct text value)
{
	if (item->value_count == PROBLEM_VALUES_MAX)
		return;
	item->values[item->value_count].name = name;
	item->values[item->value_count++].value = text_show(items->arena, text_head(value, 300));
}

void
score_value_int(struct score_items *items, struct score_item *item, const char *name, int64_t value)
{
	score_value(items, item, name, text_of(arena_printf(items->arena, "%lld", (long long)value)));
}

/* --- domains ------------------------------------------------------------------------------------------ */

struct name
score_domain(struct arena *a, const struct psl *psl, struct name name)
{
	struct name domain = psl != NULL ? psl_registered_domain(a, psl, name) : name_tail(name, 2);

	return domain.s != NULL ? domain : name;
}

bool
score_same_domain(struct arena *a, const struct psl *psl, struct name one, struct name other)
{
	return one.s != NULL && other.s != NULL &&
	    name_eq(score_domain(a, psl, one), score_domain(a, psl, other));
}

bool
score_in_list(const struct text_list *list, const char *domain)
{
	for (size_t i = 0; i < list->count; i++)
		if (host_has_suffix(domain, list->v[i]))
			return true;
	return false;
}

bool
score_freemail(const struct data *data, const char *domain)
{
	return data != NULL && (data_provider_by_domain(data, domain) != NULL ||
	    score_in_list(&data->message.freemail, domain));
}

void
score_note_domain(struct score_content *c, struct name name)
{
	struct name domain;

	if (name.s == NULL || name_labels(name) < 2)
		return;
	domain = score_domain(c->items.arena, c->psl, name);
	for (size_t i = 0; i < c->domain_count; i++)
		if (name_eq(c->domains[i], domain))
			return;
	if (c->domain_count < SCORE_DOMAINS_MAX)
		c->domains[c->domain_count++] = domain;
}

/* --- reading -------------------------------------------------------------------------------------------- */

static void
read_author(struct arena *a, struct score_content *c)
{
	size_t n;
	const struct message_field **fields = message_fields_of(a, c->message, "from", &n);
	struct from from;

	if (n != 1)
		return;
	from_parse(a, fields[0]->value, &from);
	if (from.count == 1 && !from.unreadable)
		c->from = from.domains[0];
}

/* Steps inside one organisation, by programs and of a person to a server say nothing of who delivered it. */
static void
read_arrival(struct arena *a, struct score_content *c)
{
	size_t n;
	const struct message_field **fields = message_fields_of(a, c->message, "received", &n);
	struct received r;

	if (n == 0)
		return;
	/* Only the topmost step is surely the receiver's own; local ones before it are passed over. */
	for (size_t i = 0; i < n && i < SCORE_STEPS_MAX; i++) {
		received_parse(a, message_unfold(a, fields[i]->value), &r);
		if (i == 0)
			c->top = r;
		if (r.address.family == 0 || ip_is_private(r.address))
			continue;
		if (c->step_count == 0) {
			c->arrival = r;
			c->has_arrival = !r.authenticated;
		}
		c->steps[c->step_count++] = r;
	}
}

void
score_skip_own_steps(struct score_content *c, const struct ip *own, size_t count)
{
	for (size_t i = 1; i < c->step_count && c->has_arrival; i++) {
		bool is_own = false;

		for (size_t j = 0; j < count; j++)
			is_own = is_own || ip_eq(own[j], c->arrival.address);
		if (!is_own)
			return;
		c->arrival = c->steps[i];
		c->has_arrival = !c->arrival.authenticated;
	}
}

static void
read_return_path(struct arena *a, struct score_content *c)
{
	size_t n;
	const struct message_field **fields = message_fields_of(a, c->message, "return-path", &n);
	struct text value, address;

	if (n == 0)
		return;
	value = text_trim(message_unfold(a, fields[0]->value));
	if (text_is(value, "<>"))
		c->return_path = "";
	else if (mailaddr_field(value, &address))
		c->return_path = text_cstr(a, address);
}

struct score_content *
score_read(struct arena *a, const struct data *data, const struct psl *psl, struct text text,
    const struct message *message)
{
	struct score_content *c = arena_zalloc(a, sizeof(*c));

	*c = (struct score_content){ .message = message, .data = data, .psl = psl, .size_bytes = text.n,
	    .mime = mime_parse(a, text), .items = { .arena = a } };
	c->items.list = arena_array(a, SCORE_ITEMS_MAX, sizeof(*c->items.list));
	if (message_is_outlook(text)) {
		c->outlook = true;
		score_add(&c->items, "outlook_msg", PROBLEM_ERROR, -SCORE_MAX, NULL);
		return c;
	}
	read_author(a, c);
	read_arrival(a, c);
	read_return_path(a, c);
	score_note_domain(c, c->from);
	score_head(c);
	score_bulk(c);
	score_body(c);
	score_attachments(c);
	return c;
}

/* --- the sum ---------------------------------------------------------------------------------------------- */

static void
sort_items(struct score_item *items, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct score_item one = items[i];
		size_t j = i;

		for (; j > 0 && (items[j - 1].points > one.points || (items[j - 1].points == one.points &&
		    items[j - 1].severity > one.severity)); j--)
			items[j] = items[j - 1];
		items[j] = one;
	}
}

/* With more wrong than there are points, the rest of the items costs what is left: nothing. */
static int
sum_up(struct score_item *items, size_t count)
{
	int left = SCORE_MAX;

	for (size_t i = 0; i < count; i++) {
		if (-items[i].points > left)
			items[i].points = -left;
		left += items[i].points;
	}
	return left;
}

void
score_judge(struct arena *a, const struct score_content *c, const struct score_outside *o, struct score *ret)
{
	struct score_items items = { .arena = a };

	items.list = arena_array(a, SCORE_ITEMS_MAX, sizeof(*items.list));
	if (!c->outlook)
		score_sender(&items, c, o);
	for (size_t i = 0; i < c->items.count && items.count < SCORE_ITEMS_MAX; i++)
		items.list[items.count++] = c->items.list[i];
	if (!c->outlook)
		score_rules(&items, c, o);
	sort_items(items.list, items.count);
	ret->points = sum_up(items.list, items.count);
	ret->items = items.list;
	ret->count = items.count;
}
