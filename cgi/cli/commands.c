/*
 * Every command: one row.  Operands, options and what it needs stand here; the
 * work is in its family's file.
 */

#include "cli/families.h"

#define CHECK_OPTIONS \
	{ "from", "FILE|-" }, { "server", NULL }, { "all", NULL }, { "owner", "LOGIN" }, \
	{ "only", "CHECK,..." }, { "address", "IP" }, { "selector", "S" }, { "jsonl", NULL }, \
	{ "record", "FILE" }, { "replay", "FILE" }, { "fail-on", "problem|warning" }, { "fresh", NULL }

const struct command commands[] = {
	{ "serve", "", "the backend: FastCGI on the configured sockets until SIGTERM",
	    { { "listen", "PATH|HOST:PORT" } }, 0, 0, NEEDS_ENGINE | NEEDS_STORE, run_serve },
	{ "check", "[DOMAIN...]", "checks domains, and with --server the server",
	    { CHECK_OPTIONS }, 0, -1, NEEDS_ENGINE, run_check },
	{ "domains", "", "the panel's domains with owner and last summary", { { NULL, NULL } },
	    0, 0, NEEDS_ENGINE | NEEDS_PANEL, run_domains },
	{ "fix plan", "FIX", "makes and stores a plan, changes nothing",
	    { { "target", "T" }, { "set", "K=V" } }, 1, 1, NEEDS_ENGINE | NEEDS_STORE, run_fix_plan },
	{ "fix apply", "PLAN", "applies a plan and verifies it", { { "hash", "H" } },
	    1, 1, NEEDS_ENGINE | NEEDS_STORE, run_fix_apply },
	{ "fix undo", "ENTRY", "undoes a journal entry", { { NULL, NULL } },
	    1, 1, NEEDS_ENGINE | NEEDS_STORE, run_fix_undo },
	{ "journal", "[ENTRY]", "what was changed, by whom, state", { { NULL, NULL } },
	    0, 1, NEEDS_ENGINE | NEEDS_STORE, run_journal },
	{ "identity token", "", "prints a signed identity, for relays and tests",
	    { { "login", "L" }, { "role", "customer|reseller|admin" }, { "ttl", "SECONDS" },
	    { "session", "S" }, { "acting", "L" } }, 0, 0, NEEDS_WORDS, run_identity_token },
	{ "catalogue", "", "every check, finding and fix with its rows", { { NULL, NULL } },
	    0, 0, NEEDS_WORDS, run_catalogue },
	{ "config check", "", "validates the configuration and tells what is reachable",
	    { { NULL, NULL } }, 0, 0, NEEDS_ENGINE, run_config_check },
};
const size_t commands_count = sizeof(commands) / sizeof(commands[0]);
