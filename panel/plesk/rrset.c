#include "panel/plesk/rrset.h"

#include <string.h>

/* --- the present set -------------------------------------------------------------------------- */

bool
plesk_rrset_read(struct rrset_plan *p, const struct json *list, struct err *err)
{
	const struct json *v;

	for (v = json_first(list); v != NULL; v = json_next(v)) {
		const char *host = json_str(v, "host"), *type = json_str(v, "type");
		struct rrset_record *r;

		if (host == NULL || type == NULL || strcmp(type, p->type) != 0 ||
		    json_str(v, "value") == NULL ||
		    strcmp(plesk_record_name(p->arena, host), p->change->name) != 0)
			continue;
		if (p->record_count == RECORDS_MAX)
			return err_set(err, ERR_LIMIT, "over %d records at %s", RECORDS_MAX, host);
		r = &p->records[p->record_count++];
		*r = (struct rrset_record){ .id = json_int(v, "id", 0), .ttl = json_get(v, "ttl"), .host = host,
		    .value = json_str(v, "value"), .opt = json_str(v, "opt") };
		if (r->opt == NULL)
			r->opt = "";
		r->text = plesk_record_value(p->arena, type, r->value, r->opt);
	}
	return true;
}

const struct json *
plesk_rrset_present(const struct rrset_plan *p)
{
	struct json *set, *values;

	if (p->record_count == 0)
		return NULL;
	set = json_new_object(p->arena);
	if (json_value_int(p->records[0].ttl, 0) > 0)
		json_put_int(set, "ttl", json_value_int(p->records[0].ttl, 0));
	else
		json_put_null(set, "ttl");
	values = json_put_array(set, "values");
	for (size_t i = 0; i < p->record_count; i++)
		json_add_str(values, p->records[i].text);
	return set;
}

/* --- what has to be done ---------------------------------------------------------------------- */

bool
plesk_rrset_same(const struct rrset_plan *p, const char *x, const char *y)
{
	struct text a = text_of(x), b = text_of(y);

	if (strcmp(p->type, "TXT") == 0)
		return text_eq(a, b);
	if (text_ends(a, "."))
		a.n--;
	if (text_ends(b, "."))
		b.n--;
	return text_ieq(a, b);
}

static void
add_op(struct rrset_plan *p, enum rrset_do kind, struct rrset_record *record, const char *text)
{
	p->ops[p->op_count++] = (struct rrset_op){ kind, record, text };
}

/* Records whose value stays are taken out; true = one was found. */
static bool
stays(struct rrset_plan *p, const char *text)
{
	for (size_t i = 0; i < p->record_count; i++) {
		struct rrset_record *r = &p->records[i];

		if (r->used || !plesk_rrset_same(p, r->text, text))
			continue;
		r->used = true;
		if (p->other_ttl && json_value_int(r->ttl, 0) != p->ttl)
			add_op(p, OP_PUT, r, r->text);
		return true;
	}
	return false;
}

static struct rrset_record *
unused(struct rrset_plan *p)
{
	for (size_t i = 0; i < p->record_count; i++)
		if (!p->records[i].used)
			return &p->records[i];
	return NULL;
}

bool
plesk_rrset_ops(struct rrset_plan *p, struct err *err)
{
	const struct json *values = json_get(p->change->after, "values"), *v;
	const char *added[RECORDS_MAX];
	size_t count = 0, i;
	struct rrset_record *r;

	if (json_count(values) > RECORDS_MAX)
		return err_set(err, ERR_LIMIT, "over %d records wanted", RECORDS_MAX);
	for (v = json_first(values); v != NULL; v = json_next(v))
		if (!stays(p, json_value_str(v)))
			added[count++] = json_value_str(v);
	for (i = 0; i < count && (r = unused(p)) != NULL; i++) {
		r->used = true;
		add_op(p, OP_PUT, r, added[i]);
	}
	for (; i < count; i++)
		add_op(p, OP_POST, NULL, added[i]);
	while ((r = unused(p)) != NULL) {
		r->used = true;
		add_op(p, OP_DELETE, r, NULL);
	}
	return true;
}
