#include "base/arena.h"
#include "mail/spf_data.h"

void
spf_results_put(struct json *into, const char *key, struct arena *a,
    const struct spf_address_result *results, size_t count)
{
	struct json *list = json_put_array(into, key), *one;
	size_t i;

	for (i = 0; i < count; i++) {
		one = json_add_object(list);
		json_put_str(one, "address", ip_str(a, results[i].ip));
		json_put_str(one, "result", spf_result_word(results[i].result));
	}
}

void
spf_cost_put(struct json *into, const struct spf_cost *c)
{
	json_put_int(into, "depth", c->depth);
	json_put_str(into, "domain", c->domain);
	json_put_text(into, "term", c->term->text);
	json_put_int(into, "cost", c->cost);
	json_put_int(into, "total", c->total);
	json_put_bool(into, "void", c->is_void);
	json_put_str(into, "note", spf_note_word(c->note));
}

void
spf_data_put(struct json *into, struct arena *a, const struct spf_tree *tree)
{
	struct json *list;
	size_t i;

	if (tree->record_count == 1)
		json_put_text(into, "record", tree->records[0]);
	else
		json_put_null(into, "record");
	list = json_put_array(into, "records");
	for (i = 0; i < tree->record_count; i++)
		json_add_text(list, tree->records[i]);
	json_put_int(into, "lookups", tree->lookups);
	json_put_int(into, "void_lookups", tree->void_lookups);
	list = json_put_array(into, "terms");
	for (i = 0; i < tree->count; i++)
		spf_cost_put(json_add_object(list), &tree->terms[i]);
	spf_results_put(into, "results", a, tree->results, tree->result_count);
}
