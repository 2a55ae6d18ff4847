/*
 * The guide itself: templates/guide/LANG/SECTION.md, read at every view so
 * that an editor sees the change at once; and the glossary.
 */

#include <string.h>

#include "base/arena.h"
#include "base/catalog.h"
#include "base/file.h"
#include "engine/delist.h"
#include "store/reports.h"
#include "web/markdown.h"
#include "web/pages/pages.h"

#define SECTION_BYTES_MAX	(256 * 1024)

/* In the order of the guide. */
static const char *const sections[] = {
	"steps", "what-is-spam", "ip", "ssh", "mail-queue", "newsletters", "symptoms", "basic-configuration",
	"helo-ptr", "spf", "spf-where", "dkim", "dmarc", "sending-limits", "viruses-clients",
	"viruses-server", "wordpress", "blacklists", "delist", "forwarding", "hotmail",
};

#define SECTION_COUNT	(sizeof(sections) / sizeof(sections[0]))

static const char *
section_title(const struct exchange *x, const char *section)
{
	return say(x, arena_printf(x->arena, "pages.guide.section.%s", section));
}

static void
put_sections(struct json *into, const struct exchange *x, const char *current)
{
	struct json *list = json_put_array(into, "sections");

	for (size_t i = 0; i < SECTION_COUNT; i++) {
		struct json *one = json_add_object(list);

		json_put_str(one, "section", sections[i]);
		json_put_str(one, "title", section_title(x, sections[i]));
		json_put_str(one, "link", link_to(x, "/guide/%s", sections[i]));
		json_put_bool(one, "current", current != NULL && strcmp(current, sections[i]) == 0);
	}
}

void
page_guide(struct exchange *x)
{
	struct json *answer = json_new_object(x->arena), *view;

	put_sections(answer, x, NULL);
	if (page_data(x, answer, NULL, NULL, 0))
		return;
	view = page_view(x, "guide");
	put_sections(view, x, NULL);
	page_html(x, "guide", say(x, "pages.guide.title"), view);
}

static const char *
addresses_of(const struct exchange *x)
{
	const char *const *list;
	struct str s = str_in(x->arena, 2048);
	size_t n = sending_addresses(x, &list);

	for (size_t i = 0; i < n; i++)
		str_addf(&s, "%s%s", i > 0 ? ", " : "", list[i]);
	return s.n > 0 ? s.p : "203.0.113.10";
}

/* Of an entry of the DNS hosts in the reader's language, where it is more than a proper name. */
static const char *
host_word(const struct exchange *x, const char *id, const char *what, const char *dflt)
{
	const char *word = arena_printf(x->arena, "data.dns_hosts.%s.%s", id, what);

	return catalog_raw(x->face->catalog, x->lang, word) != NULL ? say(x, word) : dflt;
}

/* Whose panel it is by the name servers: the provider's own patterns, then those of the data that are no other company's. */
static const char *
name_servers(const struct exchange *x)
{
	const struct rules *rules = engine_rules(x->engine);
	struct str s = str_in(x->arena, SECTION_BYTES_MAX);

	for (size_t i = 0; i < rules->dns_pattern_count; i++)
		str_addf(&s, "- `%s`: %s\n", rules->dns_patterns[i].ns, rules->dns_patterns[i].name != NULL ?
		    rules->dns_patterns[i].name : say_word(x, "dns_where", rules->dns_patterns[i].where));
	for (size_t i = 0; rules->data != NULL && i < rules->data->dns_host_count; i++) {
		const struct dns_host *h = &rules->data->dns_hosts[i];

		if (h->by_address || (h->class != DNS_PROVIDER_PANEL && h->class != DNS_THIS_PANEL))
			continue;
		str_add(&s, "- `");
		str_add(&s, h->shown != NULL ? h->shown : "");
		for (size_t k = 0; h->shown == NULL && k < h->exact.count; k++)
			str_addf(&s, "%s%s", k > 0 ? ", " : "", h->exact.v[k]);
		str_addf(&s, "`: %s, %s\n", host_word(x, h->id, "name", h->name), host_word(x, h->id, "where", h->where));
	}
	return s.n > 0 ? s.p : "";
}

/* {server}, {addresses}, {login} and {name_servers} in a text; nothing else is replaced. */
static struct text
fill_in(struct exchange *x, struct text source)
{
	struct store_scope nobody = { .login = x->who.login };
	struct err err = { 0 };
	const struct json *report = engine_store(x->engine) == NULL ? NULL : store_report_get(
	    engine_store(x->engine), x->arena, &nobody, "server", "server", &err);
	const char *server = json_str(json_get(report, "target"), "ascii");
	const struct { const char *mark, *value; } values[] = {
		{ "{server}", server != NULL && strcmp(server, "server") != 0 ? server : "server.example" },
		{ "{addresses}", addresses_of(x) },
		/* The server's own user: who administers a panel, or is let in by a web server, is none of the system's. */
		{ "{login}", x->role == ROLE_ADMIN ? "root" : x->who.acting != NULL ? x->who.acting : x->who.login },
		{ "{name_servers}", name_servers(x) },
	};
	struct str out = str_in(x->arena, 2 * SECTION_BYTES_MAX);

	while (source.n > 0) {
		size_t i, n = sizeof(values) / sizeof(values[0]);

		for (i = 0; i < n && !text_starts(source, values[i].mark); i++)
			;
		if (i == n) {
			str_addc(&out, source.p[0]);
			source = text_skip(source, 1);
			continue;
		}
		str_add(&out, values[i].value);
		source = text_skip(source, strlen(values[i].mark));
	}
	return str_text(&out);
}

/* What is looked at here, each with the place where it stands for this person. */
static void
put_findings(struct json *into, const struct exchange *x, const char *section)
{
	struct json *list = json_put_array(into, "findings");

	for (size_t i = 0; i < checks_count; i++)
		for (size_t k = 0; strcmp(checks[i]->guide, section) == 0 && k < checks[i]->row_count; k++) {
			const struct finding_row *row = &checks[i]->rows[k];
			enum scope scope = row->own_scope ? row->scope : checks[i]->scope;
			bool server = (scope == SCOPE_SERVER || scope == SCOPE_ADDRESS) && !row->culprit;
			const char *id = row->id;
			struct json *one = json_add_object(list);

			json_put_str(one, "id", id);
			json_put_str(one, "title", say_finding(x, id));
			json_put_str(one, "link", !server ? link_to(x, "/domains?finding=%s", id) :
			    x->role == ROLE_ADMIN ? link_to(x, "/server") : NULL);
		}
}

static bool
show_text(struct exchange *x, const char *file, const char *template, const char *section,
    const char *title)
{
	struct text source;
	struct str html = str_in(x->arena, 4 * SECTION_BYTES_MAX);
	struct mustache_raw raw[1];
	struct json *answer, *view;

	if (!file_read(x->arena, arena_printf(x->arena, "%s/guide/%s/%s.md", x->config->templates, x->lang,
	    file), SECTION_BYTES_MAX, &source, NULL))
		return false;
	source = fill_in(x, source);
	if (x->req->wants_json) {
		answer = json_new_object(x->arena);
		json_put_str(answer, "section", section);
		json_put_str(answer, "title", title);
		json_put_text(answer, "text", source);
		put_findings(answer, x, section);
		json_put_copy(answer, "outside", engine_outside(x->engine, x->arena, section));
		return page_data(x, answer, NULL, NULL, 0);
	}
	markdown_html(source, x->req->mount, &html);
	raw[0] = (struct mustache_raw){ "guide_html", str_text(&html), NULL };
	view = page_view(x, "guide");
	json_put_str(view, "section_title", title);
	put_sections(view, x, section);
	put_findings(view, x, section);
	json_put_bool(view, "has_findings", json_count(json_get(view, "findings")) > 0);
	view_outside(view, x, section);
	page_html_raw(x, template, title, view, raw, 1);
	return true;
}

void
page_guide_section(struct exchange *x)
{
	for (size_t i = 0; i < SECTION_COUNT; i++)
		if (strcmp(x->args[0], sections[i]) == 0 && show_text(x, sections[i], "guide_section",
		    sections[i], section_title(x, sections[i])))
			return;
	page_error(x, 404);
}

void
page_glossary(struct exchange *x)
{
	if (!show_text(x, "glossary", "guide_section", "glossary", say(x, "pages.guide.glossary")))
		page_error(x, 404);
}
