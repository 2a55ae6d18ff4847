/* `dkim key` as JSON. */

#include "base/arena.h"
#include "tools/dkim_json.h"

static void
put_record(struct json *into, const struct dkim_record *r)
{
	struct json *hashes;
	size_t i;

	json_put_str(into, "type", r == NULL || !r->type_known ? NULL :
	    r->type == KEY_RSA ? "rsa" : "ed25519");
	if (r == NULL || r->bits == 0)
		json_put_null(into, "bits");
	else
		json_put_int(into, "bits", r->bits);
	json_put_bool(into, "testing", r != NULL && r->testing);
	json_put_bool(into, "strict_identity", r != NULL && r->strict_identity);
	if (r == NULL || !r->has_hashes)
		json_put_null(into, "hashes");
	else
		for (hashes = json_put_array(into, "hashes"), i = 0; i < r->hash_count; i++)
			json_add_text(hashes, r->hashes[i]);
	if (r == NULL)
		json_put_null(into, "record");
	else
		json_put_text(into, "record", r->text);
}

struct json *
dkim_key_json(struct arena *a, const struct dkim_key *key, const struct tool_words *words)
{
	struct json *into = json_new_object(a);

	json_put_str(into, "result", dkim_key_result_word(key->result));
	json_put_str(into, "name", key->name.s);
	put_record(into, key->count == 0 ? NULL : &key->records[0]);
	if (key->result == DKIM_KEY_TEMPERROR)
		json_put_null(into, "records");
	else
		json_put_int(into, "records", (int64_t)key->count);
	json_put_str(into, "cname", key->cname.s);
	problems_put(into, a, &key->problems, "dkim", words);
	return into;
}

bool
dkim_key_tool(struct arena *a, const struct dns_source *src, const char *selector,
    struct name domain, const struct tool_words *words, struct json **ret)
{
	struct dkim_key key;
	struct name name;

	if (!dkim_key_name(a, selector, domain, &name)) {
		/* No name of that length can exist. */
		key = (struct dkim_key){ .result = DKIM_KEY_MISSING, .problems = problems_in(a) };
		key.name.s = arena_printf(a, "%s._domainkey.%s", selector, domain.s);
		problem_add(&key.problems, PROBLEM_ERROR, "no_record", key.name.s);
	} else if (!dkim_key_lookup(a, src, name, &key))
		return false;
	*ret = dkim_key_json(a, &key, words);
	return true;
}
