#ifndef CLI_CLI_H
#define CLI_CLI_H

/*
 * The face for shells.  A command is a row in commands.c and a function in its
 * family's file; it asks the engine and prints the answer, as JSON or as text.
 *
 * Exit: 0 an answer was produced, 1 could not run, 2 usage, 3 --fail-on, 4 an
 * apply, undo or bulk that did not end well.
 */

#include "engine/engine.h"

enum { EXIT_ANSWER = 0, EXIT_CANNOT = 1, EXIT_USAGE = 2, EXIT_FOUND = 3, EXIT_UNDONE = 4 };

/* What a command needs before it can run. */
enum needs {
	NEEDS_NOTHING = 0,
	NEEDS_ENGINE = 1,	/* an engine; a configuration if there is one */
	NEEDS_STORE = 2,	/* the store must be usable */
	NEEDS_PANEL = 4,	/* a panel must be configured */
	NEEDS_TOOL = 8,		/* a mail tool: a configuration that cannot be read does not matter */
	NEEDS_WORDS = 16,	/* catalogues and data, but no engine */
};

struct option {
	const char	*name;		/* without "--" */
	const char	*value;		/* what it is called in the help; NULL = a flag */
};

#define COMMAND_OPTIONS_MAX	16

struct cli;

struct command {
	const char	*words;		/* "spf eval", "check" */
	const char	*operands;	/* "DOMAIN..." */
	const char	*summary;	/* one line, for help */
	struct option	 options[COMMAND_OPTIONS_MAX];
	int		 least, most;	/* operands; most -1 = any number */
	unsigned	 needs;
	int		(*run)(struct cli *);
};

extern const struct command commands[];
extern const size_t commands_count;

struct given { const char *name, *value; };	/* one option as it was written */

struct cli {
	struct arena		*arena;
	const struct command	*command;
	const char *const	*operands;
	size_t			 operand_count;
	const struct given	*given;
	size_t			 given_count;

	bool			 json;		/* --json */
	const char		*lang;		/* "en", "es" */
	/* made by main when the command needs them */
	struct engine		*engine;
	const struct catalog	*catalog;
	const struct data	*data;		/* mail/data.h */
	const struct psl	*psl;		/* mail/psl.h */
	const char		*identity_key_file;
	const struct json	*settings;	/* answer of `config check`, but for what is reachable */
	int64_t			 now;		/* wall clock at the start */
	int			(*serve)(struct cli *);	/* main's: the other face */
};

/* The last value given, or NULL. */
const char	*cli_value(const struct cli *, const char *option);
bool		 cli_flag(const struct cli *, const char *option);
size_t		 cli_values(const struct cli *, const char *option, const char *const **ret);

/* One line on stderr, "antispam-guide: ..."; returns the exit status. */
int		 cli_usage(const struct cli *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
int		 cli_cannot(const struct cli *, const struct err *);

/* One JSON document on one line. */
void		 cli_print(const struct cli *, const struct json *);
/* A text of the catalogue ("cli.ID") for people. */
const char	*cli_text(const struct cli *, const char *id, const struct catalog_value *, size_t);
/* Text for a person's terminal: control characters and bidi marks are shown, not sent. */
void		 cli_say(const struct cli *, const char *text);

/* The rights of --as LOGIN (default: administrator). */
bool		 cli_rights(struct cli *, bool fresh, struct rights **ret, struct err *);

/* A file or "-" with at most max bytes; false: told on stderr. */
bool		 cli_read(const struct cli *, const char *path, size_t max_bytes, struct text *ret);

/* "--time-limit" of a mail tool, in milliseconds; 0 = default. */
uint32_t	 cli_time_limit_ms(const struct cli *);

/*
 * Parse argv into `cli` (command, operands, options).  -1: go on; else exit
 * with this status (help was printed, or the usage was wrong).
 */
int		 cli_parse(struct cli *, int argc, char **argv);

#endif
