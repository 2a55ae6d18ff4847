/* tag=value lists, RFC 6376 3.2. */

#include "base/arena.h"
#include "base/str.h"
#include "mail/taglist.h"
#include "unit/test.h"

/* The list as "name=value|..." or "!fault:part". */
static const struct row {
	const char	*name, *list, *want;
	struct taglist_rules rules;
} rows[] = {
	{ "one", "a=1", "a=1|", { 0 } },
	{ "two", "a=1;b=2", "a=1|b=2|", { 0 } },
	{ "final semicolon", "a=1; b=2;", "a=1|b=2|", { 0 } },
	{ "white space around all", " a = 1 ;\tb\t=\t2\t; ", "a=1|b=2|", { 0 } },
	{ "folding", "a=1;\r\n\tb=2\r\n ;", "a=1|b=2|", { 0 } },
	{ "inner white space is kept", "a=1 2\t3", "a=1 2\t3|", { 0 } },
	{ "empty value", "a=;b=", "a=|b=|", { 0 } },
	{ "equals in a value", "a=b=c==", "a=b=c==|", { 0 } },
	{ "empty tags", ";;a=1;;;b=2;;", "a=1|b=2|", { 0 } },
	{ "nothing", "", "", { 0 } },
	{ "only blanks", " \t ", "", { 0 } },
	{ "only semicolons", ";;", "", { 0 } },
	{ "names have case", "A=1;a=2", "A=1|a=2|", { 0 } },
	{ "names without case are one", "A=1;a=2", "!duplicate_tag:a=2", { .fold = true } },
	{ "digits and underline in a name", "a_9=1", "a_9=1|", { 0 } },
	{ "no equals", "a=1;foo", "!no_equals:foo", { 0 } },
	{ "no equals at first", "foo;a=1", "!no_equals:foo", { 0 } },
	{ "duplicate", "a=1;b=2;a=1", "!duplicate_tag:a=1", { 0 } },
	{ "name begins with a digit", "1a=1", "!bad_tag_name:1a=1", { 0 } },
	{ "hyphen in a name", "a-b=1", "!bad_tag_name:a-b=1", { 0 } },
	{ "blank in a name", "a b=1", "!bad_tag_name:a b=1", { 0 } },
	{ "no name", "=1", "!bad_tag_name:=1", { 0 } },
	{ "quoted record", "\"a=1\"", "!bad_tag_name:\"a=1\"", { 0 } },
	{ "control octet", "a=\001", "!bad_tag_octet:a=\001", { 0 } },
	{ "DEL", "a=\177", "!bad_tag_octet:a=\177", { 0 } },
	{ "Latin-1", "a=\351", "!bad_tag_octet:a=\351", { .utf8 = true } },
	{ "UTF-8 where it is not allowed", "a=\303\251", "!bad_tag_octet:a=\303\251", { 0 } },
	{ "UTF-8 in header fields", "a=\303\251", "a=\303\251|", { .utf8 = true } },	/* RFC 8616 */
};

static const char *
show(struct arena *a, const char *list, struct taglist_rules rules)
{
	struct str s = str_in(a, 1000);
	struct taglist_fault fault;
	struct taglist l;
	size_t i;

	if (!taglist_parse(a, text_of(list), rules, &l, &fault)) {
		str_addf(&s, "!%s:", taglist_fault_word(fault.kind));
		str_addt(&s, fault.part);
	} else
		for (i = 0; i < l.count; i++) {
			str_addt(&s, l.tags[i].name);
			str_addc(&s, '=');
			str_addt(&s, l.tags[i].value);
			str_addc(&s, '|');
		}
	return s.p;
}

int
main(void)
{
	struct arena *a = arena_new();
	struct taglist_fault fault;
	struct taglist l;
	struct text rest, part;
	struct str many;
	bool more;
	size_t i, n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(rows[i].name, show(a, rows[i].list, rows[i].rules), rows[i].want);

	taglist_parse(a, TEXT("a=1; b= x y ; c=3"), (struct taglist_rules){ 0 }, &l, &fault);
	CHECK("raw keeps all between = and ;", text_is(taglist_get(&l, "b")->raw, " x y "));
	CHECK("absent", taglist_get(&l, "B") == NULL);

	many = str_in(a, 100000);
	for (i = 0; i <= TAGLIST_TAGS_MAX; i++)
		str_addf(&many, "t%zu=1;", i);
	CHECK("too many tags", !taglist_parse(a, str_text(&many), (struct taglist_rules){ 0 }, &l,
	    &fault) && fault.kind == TAGLIST_TOO_MANY);

	CHECK("mentions", taglist_mentions(TEXT("k=rsa; p=x; junk"), "p", false));
	CHECK("mentions not", !taglist_mentions(TEXT("k=rsa; xp=x"), "p", false));
	CHECK("first", text_is(taglist_first(TEXT(" a=1 ; b")), "a=1"));

	for (rest = TEXT("a: b :c::"), more = true, n = 0; taglist_colon(&rest, &more, &part); n++)
		;
	CHECK("colon list with empty ends", n == 5);
	for (rest = TEXT(""), more = true, n = 0; taglist_colon(&rest, &more, &part); n++)
		;
	CHECK("empty colon list has one empty element", n == 1);
	arena_free(a);
	TEST_END();
}
