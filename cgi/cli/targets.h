#ifndef CLI_TARGETS_H
#define CLI_TARGETS_H

/* Which domains a command is about: operands, --from, --all, --owner. */

#include "cli/cli.h"

struct targets { const char **list; size_t count, size; };

/* -1: a domain name; else the usage is wrong before anything is asked. */
int	target_valid(const struct cli *, const char *text);
/* The same for every operand. */
int	targets_valid(const struct cli *);
/* -1: go on.  `rights` may be NULL when neither --all nor --owner is given. */
int	targets_gather(struct cli *, const struct rights *, struct targets *);

/* --set K=V of a fix. */
int	fix_params(struct cli *, const struct fix *, struct fix_param **ret, size_t *count);

/* One change to be read: what goes and what comes. */
void	say_change(const struct cli *, const struct json *change);

/* `fix undo` of a bulk run. */
int	undo_bulk(struct cli *, const struct rights *, const char *id);

#endif
