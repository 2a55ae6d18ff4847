#ifndef PANEL_POSTFIX_INTERNAL_H
#define PANEL_POSTFIX_INTERNAL_H

/* What the files of this adapter share; nobody else includes it. */

#include "evidence/evidence.h"
#include "panel/postfix/postfix.h"

enum got { GOT_IT, GOT_WAIT, GOT_NOT };

/* The helper's answer to a verb, when its program ended well. */
enum got	 verb_ask(struct evidence *, struct arena *, const char *verb, const char *const *args,
		    size_t count, struct text *out, struct err *);
/* The same with lines on its input. */
enum got	 verb_ask_about(struct evidence *, struct arena *, const char *verb, const char *const *args,
		    size_t count, struct text input, struct text *out, struct err *);
/* GOT_NOT becomes ev_fail; true only when it is there. */
bool		 verb_need(struct evidence *, const char *what, enum got, const struct err *);

/* Lists of main.cf: words between blanks and commas. */
bool		 list_word(struct text *rest, struct text *word);
void		 put_tristate(struct json *into, const char *key, int value);	/* -1 = null */
const char	*setting_of(const struct json *settings, const char *name);	/* "" = empty or not there */

/*
 * The tables and names of such a list.  add() gets each name, or each line of
 * a table that has one: key, and the value where it is addresses.
 * A table that cannot be listed (a database, expressions) is asked for `keys`,
 * one a line; "" = do not.  GOT_NOT: one of the tables could be neither listed
 * nor asked (the others were).
 */
typedef void	(*table_fn)(void *ctx, struct text key, struct text value);
enum got	 list_each(struct evidence *, struct arena *, const char *list, const char *keys, table_fn add,
		    void *ctx);
/* The tables of a list that cannot be listed, into an array. */
void		 list_unlisted(struct arena *, const char *list, struct json *into);

/* A mailbox, alias, forward or catch-all by its line in a table (facts_domain.c). */
struct boxes {
	struct arena	*arena;
	struct json	*list;
	struct text	 domain;
	const char	*catch_all;	/* where everything else goes; NULL = nowhere */
	bool		 maps;		/* reading virtual_mailbox_maps */
};
void		 boxes_add(void *boxes, struct text key, struct text value);
/* here, signs: -1 = not known; keys: the domain's, NULL = not read. */
struct json	*domain_mail(struct arena *, const struct json *mail_server, int here, const char *catch_all,
		    const struct json *keys);

#define FACT(name)	const struct json *name(struct evidence *, struct arena *, const char *arg, \
			    const struct panel_params *)
FACT(postfix_settings);
FACT(postfix_services);
FACT(postfix_table);
FACT(postfix_main_cf);
FACT(postfix_server);
FACT(postfix_accounts);
FACT(postfix_domains);
FACT(postfix_mail_server);
FACT(postfix_domain_mail);
FACT(postfix_dkim_key);
FACT(postfix_mailboxes);
FACT(postfix_mailboxes_all);
FACT(postfix_domain_mail_all);
FACT(postfix_unlisted);
#undef FACT

#define NEXT(name)	enum step name(struct arena *, const struct change *, const struct call_log *, \
			    struct evidence *, const struct panel_params *, struct request *, struct err *)
#define STATE(name)	bool name(struct evidence *, struct arena *, const struct change *, \
			    const struct panel_params *, const struct json **)
NEXT(postfix_next_parameter);
STATE(postfix_state_parameter);
#undef NEXT
#undef STATE

#endif
