/* `message verify` as JSON. */

#include "base/arena.h"
#include "tools/verify_json.h"

static void
put_known(struct json *into, const char *key, enum known known)
{
	if (known == NOT_KNOWN)
		json_put_null(into, key);
	else
		json_put_bool(into, key, known == KNOWN_YES);
}

static void
add_value(struct catalog_value *values, size_t *n, const char *name, const char *value)
{
	values[*n].name = name;
	values[*n].value = value == NULL ? "?" : value;
	(*n)++;
}

/* One sentence: "dkim_reason.<reason>". */
static const char *
detail(struct arena *a, const struct dkim_check *c, const struct tool_words *words)
{
	struct catalog_value values[6];
	size_t n = 0;

	add_value(values, &n, "domain", c->sig.domain.s);
	add_value(values, &n, "selector", c->sig.selector.s);
	add_value(values, &n, "algorithm", c->sig.algorithm);
	add_value(values, &n, "identity", c->sig.identity);
	add_value(values, &n, "bits", arena_printf(a, "%u", c->bits));
	add_value(values, &n, "tag", c->sig.fault);
	return tool_text(a, words, arena_printf(a, "dkim_reason.%s", dkim_reason_word(c->reason)),
	    values, n);
}

static void
put_signature(struct json *list, struct arena *a, const struct verify *v, size_t i,
    const struct tool_words *words)
{
	const struct dkim_check *c = &v->dkim.checks[i];
	struct json *one = json_add_object(list);

	json_put_int(one, "index", c->index);
	json_put_str(one, "domain", c->sig.domain.s);
	json_put_str(one, "selector", c->sig.selector.s);
	json_put_str(one, "identity", c->sig.identity);
	json_put_str(one, "algorithm", c->sig.algorithm);
	json_put_str(one, "result", dkim_result_word(c->result));
	json_put_str(one, "reason", dkim_reason_word(c->reason));
	if (c->bits == 0)
		json_put_null(one, "bits");
	else
		json_put_int(one, "bits", c->bits);
	json_put_bool(one, "testing", c->testing);
	/* Without a domain on either side there is nothing that could be aligned. */
	put_known(one, "aligned", c->sig.domain.s == NULL || v->from_domain.s == NULL ?
	    KNOWN_NO : v->aligned[i]);
	json_put_str(one, "detail", detail(a, c, words));
}

static void
put_spf(struct json *into, const struct verify *v, const struct json *spf)
{
	struct json *one;
	const struct json *member;

	if (spf == NULL) {
		json_put_null(into, "spf");
		return;
	}
	one = json_put_object(into, "spf");
	for (member = json_first(spf); member != NULL; member = json_next(member))
		json_put_copy(one, json_key(member), member);
	json_remove(one, "trace");
	put_known(one, "aligned", v->from_domain.s == NULL ? KNOWN_NO : v->spf_aligned);
}

static void
put_dmarc(struct json *into, const struct verify *v)
{
	struct json *d = json_put_object(into, "dmarc");

	json_put_str(d, "result", dmarc_result_word(v->dmarc));
	json_put_str(d, "policy", dmarc_policy_word(v->policy.policy));
	json_put_str(d, "policy_domain", v->policy.policy_domain.s);
	json_put_str(d, "org_domain", v->policy.org_domain.s);
	json_put_bool(d, "dkim_aligned", v->dkim_pass);
	if (v->spf == VERIFY_SPF_NOT_CHECKED)
		json_put_null(d, "spf_aligned");
	else
		json_put_bool(d, "spf_aligned", v->spf_pass);
	json_put_str(d, "disposition", dmarc_policy_word(v->disposition));
}

struct json *
verify_json(struct arena *a, const struct verify *v, const struct json *spf,
    const struct tool_words *words)
{
	struct json *into = json_new_object(a), *list, *arc;
	size_t i;

	json_put_str(into, "from_domain", v->from_domain.s);
	list = json_put_array(into, "dkim");
	for (i = 0; i < v->dkim.count; i++)
		put_signature(list, a, v, i, words);
	put_spf(into, v, spf);
	put_dmarc(into, v);
	arc = json_put_object(into, "arc");
	json_put_str(arc, "result", arc_result_word(v->arc.result));
	json_put_int(arc, "instances", v->arc.instances);
	problems_put(into, a, &v->problems, "verify", words);
	return into;
}
