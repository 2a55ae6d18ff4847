/* tag=value lists, RFC 6376 3.2; see the header. */

#include "base/arena.h"
#include "mail/taglist.h"

/* tag-name = ALPHA *ALNUMPUNC */
static bool
name_ok(struct text name)
{
	size_t i;

	if (name.n == 0 || !ascii_isalpha((unsigned char)name.p[0]))
		return false;
	for (i = 1; i < name.n; i++)
		if (!ascii_isalnum((unsigned char)name.p[i]) && name.p[i] != '_')
			return false;
	return true;
}

/* VALCHAR and white space; with utf8, whole UTF-8 sequences as well. */
static bool
value_ok(struct text value, bool utf8)
{
	uint32_t c;
	size_t n;

	while (value.n > 0) {
		c = (unsigned char)value.p[0];
		n = 1;
		if (c >= 0x80) {
			if (!utf8 || (n = text_utf8(value, &c)) == 0)
				return false;
		} else if ((c < 0x21 && !ascii_isspace((int)c)) || c == 0x7f)
			return false;
		value = text_skip(value, n);
	}
	return true;
}

static bool
split_tag(struct text part, struct tag *tag)
{
	size_t at;

	if (!text_find(part, TEXT("="), &at))
		return false;
	tag->name = text_trim(text_head(part, at));
	tag->raw = text_skip(part, at + 1);
	tag->value = text_trim(tag->raw);
	return true;
}

static bool
same_name(struct text a, struct text b, bool fold)
{
	return fold ? text_ieq(a, b) : text_eq(a, b);
}

static bool
has(const struct taglist *list, struct text name)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (same_name(list->tags[i].name, name, list->fold))
			return true;
	return false;
}

static bool
wrong(struct taglist_fault *fault, enum taglist_fault_kind kind, struct text part)
{
	fault->kind = kind;
	fault->part = text_trim(part);
	return false;
}

bool
taglist_parse(struct arena *a, struct text text, struct taglist_rules rules,
    struct taglist *ret, struct taglist_fault *fault)
{
	struct taglist list = { .fold = rules.fold };
	struct text rest = text, part;
	struct tag tag;
	size_t size = 0;

	while (text_split(&rest, ';', &part)) {
		if (text_trim(part).n == 0)
			continue;
		if (!split_tag(part, &tag))
			return wrong(fault, TAGLIST_NO_EQUALS, part);
		if (!name_ok(tag.name))
			return wrong(fault, TAGLIST_BAD_NAME, part);
		if (!value_ok(tag.value, rules.utf8))
			return wrong(fault, TAGLIST_BAD_VALUE, part);
		if (has(&list, tag.name))
			return wrong(fault, TAGLIST_DUPLICATE, part);
		if (list.count == TAGLIST_TAGS_MAX)
			return wrong(fault, TAGLIST_TOO_MANY, part);
		if (list.count == size) {
			size = size == 0 ? 12 : size * 2;
			list.tags = arena_grow(a, list.tags, list.count, size, sizeof(tag));
		}
		list.tags[list.count++] = tag;
	}
	*ret = list;
	return true;
}

const struct tag *
taglist_get(const struct taglist *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (same_name(list->tags[i].name, text_of(name), list->fold))
			return &list->tags[i];
	return NULL;
}

const char *
taglist_fault_word(enum taglist_fault_kind kind)
{
	static const char *const words[] = {
		"no_equals", "bad_tag_name", "bad_tag_octet", "duplicate_tag", "too_many_tags",
	};

	return words[kind];
}

bool
taglist_mentions(struct text text, const char *name, bool fold)
{
	struct text part;
	struct tag tag;

	while (text_split(&text, ';', &part))
		if (split_tag(part, &tag) && same_name(tag.name, text_of(name), fold))
			return true;
	return false;
}

struct text
taglist_first(struct text text)
{
	struct text part = TEXT("");

	text_split(&text, ';', &part);
	return text_trim(part);
}

bool
taglist_colon(struct text *rest, bool *more, struct text *part)
{
	size_t at;

	if (!*more)
		return false;
	if (text_find(*rest, TEXT(":"), &at)) {
		*part = text_trim(text_head(*rest, at));
		*rest = text_skip(*rest, at + 1);
	} else {
		*part = text_trim(*rest);
		*rest = text_skip(*rest, rest->n);
		*more = false;
	}
	return true;
}
