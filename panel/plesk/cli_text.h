#ifndef PANEL_PLESK_CLI_TEXT_H
#define PANEL_PLESK_CLI_TEXT_H

/*
 * What Plesk's command-line utilities print, for where no other call says it.
 * Their language is the panel's and their form differs between versions, so
 * unknown lines are passed over and nothing here fails.  Pure.
 */

#include "base/json.h"
#include "base/text.h"

/*
 * "key:   value" lines (domain --info, mail --info); headings and lines that
 * begin with SUCCESS are passed over.  False at the end.
 */
bool		 cli_next_pair(struct text *rest, struct text *key, struct text *value);
/* The value of the first such key, whatever its case; false = not there. */
bool		 cli_find(struct text all, const char *key, struct text *value);

/* Words of a value, parted by blanks or commas; false at the end. */
bool		 cli_next_word(struct text *rest, struct text *word);

/* dns --info: [{"id":null,"name","type","ttl":null,"value"}], the shape of the fact `zone`. */
void		 cli_dns_records(struct json *into, struct arena *, struct text out);

/* mail --list (plain or -json): [{"type","name"}] onto an array. */
void		 cli_mail_list(struct json *into, struct arena *, struct text out);

#endif
