#ifndef SETUP_H
#define SETUP_H

/*
 * From a configuration to a running hall: what each room is told, made once.
 * Only main and this file know every room.
 */

#include "base/catalog.h"
#include "config.h"
#include "engine/engine.h"

struct data;
struct psl;
struct store;

struct setup {
	struct arena		*arena;
	struct config		 config;
	const char		*templates;	/* folder */
	const struct catalog	*catalog;
	const struct data	*data;
	const struct psl	*psl;
	struct rules		 rules;
	struct list_zone	*list_zones;
	struct list_key		*list_keys;
	struct net_config	 net;
	struct panel_params	 panel_params;
	struct store		*store;
	struct engine		*engine;
};

/* Words and data files; every command but the plainest needs them. */
bool	setup_words(struct setup *, struct err *);

struct setup_options {
	bool			 store;		/* must be there; else it is used if it can be */
	bool			 panel_key;	/* must be readable; else the panel is as if down */
	uint32_t		 time_limit_ms;
	const struct json	*replay;
};

bool	setup_engine(struct setup *, const struct setup_options *, struct err *);
void	setup_end(struct setup *);

#endif
