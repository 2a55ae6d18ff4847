#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli/cli.h"

/* A tool's answer as JSON, or the same for a person: a key a line, lists
 * indented, what is not known left out.  NULL: the error, with its exit status. */
int	cli_show(const struct cli *, const struct json *answer, const struct err *);

#endif
