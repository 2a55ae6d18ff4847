#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/json_scan.h"
#include "base/map.h"

/*
 * A struct json is a cJSON node; nobody else knows.
 *
 * Its memory comes from the arena of its root: each node is preceded by that
 * arena's address, so a child is made where its parent lives and nothing is
 * freed singly.  Building an answer is then as cheap as the arena, and threads
 * do not meet in malloc.
 */

#define HEADER	_Alignof(max_align_t)

static _Thread_local struct arena *memory;	/* for the call into cJSON being made */

static void *
take(size_t size)
{
	struct arena **p;

	if (size != sizeof(cJSON))
		return arena_chars(memory, size);
	p = arena_alloc(memory, HEADER + size);
	*p = memory;
	return (char *)p + HEADER;
}

static void
leave(void *p)
{
	(void)p;			/* the arena's end frees it */
}

__attribute__((constructor)) static void
use_arenas(void)
{
	cJSON_Hooks hooks = { take, leave };

	cJSON_InitHooks(&hooks);
}

/* What is made from here on lives where `v` lives. */
static void
beside(const struct json *v)
{
	memory = *(struct arena *const *)(const void *)((const char *)v - HEADER);
}

static cJSON *
node(struct json *v)
{
	return (cJSON *)(void *)v;
}

static const cJSON *
cnode(const struct json *v)
{
	return (const cJSON *)(const void *)v;
}

static struct json *
value(cJSON *n)
{
	return (struct json *)(void *)n;
}

static const struct json *
cvalue(const cJSON *n)
{
	return (const struct json *)(const void *)n;
}

/* As is(, cJSON_String) and the others; a page asks for tens of thousands, and a call out of the program is not free. */
static inline bool
is(const cJSON *n, int type)
{
	return n != NULL && (n->type & 0xff) == type;
}

static cJSON *
must(cJSON *n)
{
	if (n == NULL)
		abort();		/* out of memory */
	return n;
}

/* Members are few and their names begin differently: most are told apart by one letter. */
static cJSON *
member(const cJSON *object, const char *key)
{
	cJSON *m;

	for (m = !is(object, cJSON_Object) ? NULL : object->child; m != NULL; m = m->next)
		if (m->string != NULL && m->string[0] == key[0] && strcmp(m->string, key) == 0)
			return m;
	return NULL;
}

struct json *
json_new_object(struct arena *a)
{
	memory = a;
	return value(must(cJSON_CreateObject()));
}

struct json *
json_new_array(struct arena *a)
{
	memory = a;
	return value(must(cJSON_CreateArray()));
}

struct json *
json_copy(struct arena *a, const struct json *v)
{
	memory = a;
	return value(must(v == NULL ? cJSON_CreateNull() : cJSON_Duplicate(cnode(v), true)));
}

/* --- parsing ----------------------------------------------------------------------------------- */

/* Octets that are not UTF-8 (all inside strings) in the form of text_show, escaped. */
static struct text
repaired(struct arena *a, struct text in, size_t bad)
{
	static const char digits[] = "0123456789abcdef";
	char *out = arena_alloc(a, in.n + 4 * bad + 1), *p = out;
	uint32_t code;
	size_t n;

	for (; in.n > 0; in = text_skip(in, n)) {
		n = text_utf8(in, &code);
		if (n > 0) {
			memcpy(p, in.p, n);
			p += n;
			continue;
		}
		n = 1;
		memcpy(p, "\\\\x", 3);
		p[3] = digits[(unsigned char)in.p[0] >> 4];
		p[4] = digits[(unsigned char)in.p[0] & 15];
		p += 5;
	}
	*p = '\0';
	return (struct text){ out, (size_t)(p - out) };
}

/* A key that stands twice in an object anywhere below; NULL = none. */
static const char *
duplicate_key(const cJSON *n)
{
	const cJSON *m, *other;
	const char *found = NULL;
	struct arena *a = NULL;
	struct map *seen = NULL;
	size_t i = 0;

	if (is(n, cJSON_Object)) {
		for (m = n->child; m != NULL && found == NULL; m = m->next, i++) {
			if (i == 16) {			/* many: by hash from here on */
				a = arena_new();
				seen = map_new(a);
				for (other = n->child; other != m; other = other->next)
					map_put(seen, other->string, other->string);
			}
			if (seen != NULL) {
				if (map_get(seen, m->string) != NULL)
					found = m->string;
				map_put(seen, m->string, m->string);
				continue;
			}
			for (other = n->child; other != m; other = other->next) {
				if (strcmp(other->string, m->string) == 0)
					found = m->string;
			}
		}
		arena_free(a);
	}
	for (m = n->child; m != NULL && found == NULL; m = m->next) {
		if (m->child != NULL)
			found = duplicate_key(m);
	}
	return found;
}

struct json *
json_parse(struct arena *a, struct text in, struct err *err)
{
	struct arena *scratch = NULL;
	const char *twice;
	cJSON *n;
	size_t bad;

	if (!json_scan(in, &bad, err))
		return NULL;
	if (bad > 0) {
		scratch = arena_new();
		in = repaired(scratch, in, bad);
	}
	memory = a;
	n = cJSON_ParseWithLength(in.p, in.n);
	arena_free(scratch);
	if (n == NULL) {			/* half a surrogate pair, a number of 64 digits */
		err_set(err, ERR_SYNTAX, "JSON: a character or number that cannot be");
		return NULL;
	}
	twice = duplicate_key(n);
	if (twice != NULL) {
		err_set(err, ERR_SYNTAX, "JSON: the key \"%.80s\" stands twice", twice);
		return NULL;
	}
	return value(n);
}

struct json *
json_parse_own(struct arena *a, struct text in)
{
	memory = a;
	return value(cJSON_ParseWithLength(in.p, in.n));
}

/* --- writing ----------------------------------------------------------------------------------- */

/* Bytes every C string and JSON can hold, the common case. */
static bool
is_plain(struct text t)
{
	size_t i;

	for (i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (c == 0 || c >= 0x80)
			return false;
	}
	return true;
}

static cJSON *
string_node(struct text t)
{
	struct arena *scratch;
	cJSON *n;
	char *s;

	if (!is_plain(t)) {
		scratch = arena_new();
		n = must(cJSON_CreateString(text_show(scratch, t)));
		arena_free(scratch);
		return n;
	}
	/* What cJSON_CreateString does, for bytes that have no NUL behind them. */
	n = must(cJSON_CreateNull());
	s = cJSON_malloc(t.n + 1);
	if (s == NULL)
		abort();		/* out of memory */
	if (t.n > 0)
		memcpy(s, t.p, t.n);
	s[t.n] = '\0';
	n->type = cJSON_String;
	n->valuestring = s;
	return n;
}

static cJSON *
put(struct json *into, const char *key, cJSON *n)
{
	cJSON *object = node(into);
	bool ok;

	must(n);
	if (member(object, key) != NULL)
		ok = cJSON_ReplaceItemInObjectCaseSensitive(object, key, n);
	else
		ok = cJSON_AddItemToObject(object, key, n);
	if (!ok)
		abort();		/* out of memory */
	return n;
}

static cJSON *
add(struct json *onto, cJSON *n)
{
	if (!cJSON_AddItemToArray(node(onto), must(n)))
		abort();
	return n;
}

void
json_put_str(struct json *o, const char *key, const char *s)
{
	beside(o);
	put(o, key, s == NULL ? cJSON_CreateNull() : string_node(text_of(s)));
}

void
json_put_text(struct json *o, const char *key, struct text t)
{
	beside(o);
	put(o, key, string_node(t));
}

void
json_put_int(struct json *o, const char *key, int64_t v)
{
	beside(o);
	put(o, key, cJSON_CreateNumber((double)v));
}

void
json_put_double(struct json *o, const char *key, double v)
{
	beside(o);
	put(o, key, cJSON_CreateNumber(v));
}

void
json_put_bool(struct json *o, const char *key, bool v)
{
	beside(o);
	put(o, key, cJSON_CreateBool(v));
}

void
json_put_null(struct json *o, const char *key)
{
	beside(o);
	put(o, key, cJSON_CreateNull());
}

struct json *
json_put_object(struct json *o, const char *key)
{
	beside(o);
	return value(put(o, key, cJSON_CreateObject()));
}

struct json *
json_put_array(struct json *o, const char *key)
{
	beside(o);
	return value(put(o, key, cJSON_CreateArray()));
}

void
json_put_copy(struct json *o, const char *key, const struct json *v)
{
	beside(o);
	put(o, key, v == NULL ? cJSON_CreateNull() : cJSON_Duplicate(cnode(v), true));
}

void
json_put_own(struct json *o, const char *key, struct json *v)
{
	beside(o);
	put(o, key, node(v));
}

/* A JSON text that json_scan accepted, without the blanks between its values. */
static char *
closed_up(struct text t)
{
	char *out = cJSON_malloc(t.n + 1), *p = out;
	bool inside = false;

	if (out == NULL)
		abort();		/* out of memory */
	for (size_t i = 0; i < t.n; i++) {
		if (!inside && ascii_isspace((unsigned char)t.p[i]))
			continue;
		if (inside && t.p[i] == '\\')
			*p++ = t.p[i++];
		else if (t.p[i] == '"')
			inside = !inside;
		*p++ = t.p[i];
	}
	*p = '\0';
	return out;
}

bool
json_put_as_written(struct json *o, const char *key, const struct json *from, struct text source)
{
	const struct json *m = json_first(from);
	struct arena *scratch;
	struct text written;
	size_t index = 0, bad;
	struct err err;
	cJSON *n;

	for (; m != NULL && strcmp(json_key(m), key) != 0; m = json_next(m))
		index++;
	if (m == NULL || !json_scan_member(source, index, &written) || !json_scan(written, &bad, &err))
		return false;
	scratch = arena_new();
	if (bad > 0)
		written = repaired(scratch, written, bad);
	beside(o);
	n = must(cJSON_CreateNull());
	n->valuestring = closed_up(written);
	n->type = cJSON_Raw;
	put(o, key, n);
	arena_free(scratch);
	return true;
}

void
json_settle(struct json *o, const char *key)
{
	cJSON *m = member(node(o), key);
	struct arena *scratch;

	if (m == NULL || m->child == NULL)
		return;
	beside(o);
	scratch = arena_new();
	m->valuestring = arena_strdup(memory, json_print(scratch, cvalue(m)));
	m->type = (m->type & ~0xff) | cJSON_Raw;
	m->child = NULL;
	arena_free(scratch);
}

void
json_remove(struct json *o, const char *key)
{
	cJSON_DeleteItemFromObjectCaseSensitive(node(o), key);
}

void
json_add_str(struct json *l, const char *s)
{
	beside(l);
	add(l, s == NULL ? cJSON_CreateNull() : string_node(text_of(s)));
}

void
json_add_text(struct json *l, struct text t)
{
	beside(l);
	add(l, string_node(t));
}

void
json_add_int(struct json *l, int64_t v)
{
	beside(l);
	add(l, cJSON_CreateNumber((double)v));
}

struct json *
json_add_object(struct json *l)
{
	beside(l);
	return value(add(l, cJSON_CreateObject()));
}

struct json *
json_add_array(struct json *l)
{
	beside(l);
	return value(add(l, cJSON_CreateArray()));
}

void
json_add_shared(struct json *a, const struct json *object)
{
	cJSON *n;

	beside(a);
	n = must(cJSON_CreateObject());
	n->type |= cJSON_IsReference;
	n->child = cnode(object)->child;
	add(a, n);
}

void
json_put_shared(struct json *o, const struct json *v)
{
	cJSON *n;

	beside(o);
	n = must(cJSON_CreateNull());
	*n = *cnode(v);
	n->type = (n->type & ~cJSON_StringIsConst) | cJSON_IsReference;
	n->string = arena_strdup(memory, json_key(v));
	n->next = n->prev = NULL;
	add(o, n);
}

void
json_add_copy(struct json *l, const struct json *v)
{
	beside(l);
	add(l, v == NULL ? cJSON_CreateNull() : cJSON_Duplicate(cnode(v), true));
}

/* --- reading ----------------------------------------------------------------------------------- */

bool
json_is_object(const struct json *v)
{
	return is(cnode(v), cJSON_Object);
}

bool
json_is_array(const struct json *v)
{
	return is(cnode(v), cJSON_Array);
}

bool
json_is_str(const struct json *v)
{
	return is(cnode(v), cJSON_String);
}

bool
json_is_number(const struct json *v)
{
	return is(cnode(v), cJSON_Number);
}

bool
json_is_int(const struct json *v)
{
	double d;

	if (!json_is_number(v))
		return false;
	d = cnode(v)->valuedouble;
	return d == floor(d) && fabs(d) < 9.2e18;
}

bool
json_is_bool(const struct json *v)
{
	return is(cnode(v), cJSON_True) || is(cnode(v), cJSON_False);
}

bool
json_is_null(const struct json *v)
{
	return v == NULL || is(cnode(v), cJSON_NULL);
}

const struct json *
json_get(const struct json *o, const char *key)
{
	const cJSON *member;

	if (!json_is_object(o) || key == NULL)
		return NULL;
	for (member = cnode(o)->child; member != NULL; member = member->next)
		if (member->string != NULL && member->string[0] == key[0] &&
		    strcmp(member->string, key) == 0)
			return cvalue(member);
	return NULL;
}

const char *
json_value_str(const struct json *v)
{
	return json_is_str(v) ? cnode(v)->valuestring : NULL;
}

const char *
json_value_written(const struct json *v)
{
	return is(cnode(v), cJSON_Raw) ? cnode(v)->valuestring : NULL;
}

int64_t
json_value_int(const struct json *v, int64_t dflt)
{
	return json_is_int(v) ? (int64_t)cnode(v)->valuedouble : dflt;
}

double
json_value_double(const struct json *v, double dflt)
{
	return json_is_number(v) ? cnode(v)->valuedouble : dflt;
}

bool
json_value_bool(const struct json *v, bool dflt)
{
	return json_is_bool(v) ? is(cnode(v), cJSON_True) : dflt;
}

const char *
json_str(const struct json *o, const char *key)
{
	return json_value_str(json_get(o, key));
}

int64_t
json_int(const struct json *o, const char *key, int64_t dflt)
{
	return json_value_int(json_get(o, key), dflt);
}

double
json_double(const struct json *o, const char *key, double dflt)
{
	return json_value_double(json_get(o, key), dflt);
}

bool
json_bool(const struct json *o, const char *key, bool dflt)
{
	return json_value_bool(json_get(o, key), dflt);
}

int
json_tristate(const struct json *o, const char *key)
{
	const struct json *v = json_get(o, key);

	return json_is_bool(v) ? is(cnode(v), cJSON_True) : -1;
}

const struct json *
json_first(const struct json *v)
{
	return json_is_object(v) || json_is_array(v) ? cvalue(cnode(v)->child) : NULL;
}

const struct json *
json_next(const struct json *v)
{
	return v == NULL ? NULL : cvalue(cnode(v)->next);
}

struct json *
json_edit(struct json *o, const char *key)
{
	return json_is_object(o) ?
	    value(member(node(o), key)) : NULL;
}

struct json *
json_edit_first(struct json *v)
{
	return json_is_object(v) || json_is_array(v) ? value(node(v)->child) : NULL;
}

struct json *
json_edit_next(struct json *v)
{
	return v == NULL ? NULL : value(node(v)->next);
}

const char *
json_key(const struct json *v)
{
	return v == NULL ? NULL : cnode(v)->string;
}

size_t
json_count(const struct json *v)
{
	const struct json *m;
	size_t n = 0;

	for (m = json_first(v); m != NULL; m = json_next(m))
		n++;
	return n;
}

static bool
eq(const cJSON *a, const cJSON *b)
{
	const cJSON *m, *other;
	bool object;

	if ((a->type & 0xff) != (b->type & 0xff))
		return false;
	if (is(a, cJSON_String))
		return strcmp(a->valuestring, b->valuestring) == 0;
	if (is(a, cJSON_Number))
		return a->valuedouble == b->valuedouble;
	object = is(a, cJSON_Object);
	other = b->child;
	for (m = a->child; m != NULL; m = m->next) {
		if (object && (other == NULL || strcmp(m->string, other->string) != 0))
			other = member(b, m->string);
		if (other == NULL || !eq(m, other))
			return false;
		other = other->next;
	}
	return json_count(cvalue(a)) == json_count(cvalue(b));
}

bool
json_eq(const struct json *a, const struct json *b)
{
	if (json_is_null(a) || json_is_null(b))
		return json_is_null(a) && json_is_null(b);
	return eq(cnode(a), cnode(b));
}
