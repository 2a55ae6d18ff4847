#ifndef PANEL_POSTFIX_INTERNAL_H
#define PANEL_POSTFIX_INTERNAL_H

/* What the files of this adapter share; nobody else includes it. */

#include "evidence/evidence.h"
#include "panel/postfix/postfix.h"

enum got { GOT_IT, GOT_WAIT, GOT_NOT };

/* The helper's answer to a verb, when its program ended well. */
enum got	 verb_ask(struct evidence *, struct arena *, const char *verb, const char *const *args,
		    size_t count, struct text *out, struct err *);
/* GOT_NOT becomes ev_fail; true only when it is there. */
bool		 verb_need(struct evidence *, const char *what, enum got, const struct err *);

/* Lists of main.cf: words between blanks and commas. */
bool		 list_word(struct text *rest, struct text *word);
const char	*setting_of(const struct json *settings, const char *name);	/* "" = empty or not there */

/*
 * The tables and names of such a list.  add() gets each name, or each line of
 * a table that has one: key, and the value where it is addresses.
 * GOT_NOT: one of the tables could not be listed (the others were).
 */
typedef void	(*table_fn)(void *ctx, struct text key, struct text value);
enum got	 list_each(struct evidence *, struct arena *, const char *list, table_fn add, void *ctx);

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
