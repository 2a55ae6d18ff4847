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
	{ "cgi", "", "one request as a CGI program, handed to the running backend",
	    { { "admin", NULL } }, 0, 0, NEEDS_NOTHING, run_cgi },
	{ "check", "[DOMAIN...]", "checks domains, and with --server the server",
	    { CHECK_OPTIONS }, 0, -1, NEEDS_ENGINE, run_check },
	{ "domains", "", "the panel's domains with owner and last summary", { { NULL, NULL } },
	    0, 0, NEEDS_ENGINE | NEEDS_PANEL, run_domains },
	{ "fix plan", "FIX", "makes and stores a plan, changes nothing",
	    { { "target", "T" }, { "set", "K=V" } }, 1, 1, NEEDS_ENGINE | NEEDS_STORE, run_fix_plan },
	{ "fix apply", "PLAN", "applies a plan and verifies it", { { "hash", "H" } },
	    1, 1, NEEDS_ENGINE | NEEDS_STORE, run_fix_apply },
	{ "fix bulk", "FIX", "one plan per domain; without --apply a dry run",
	    { { "all", NULL }, { "owner", "LOGIN" }, { "from", "FILE|-" }, { "finding", "ID" }, { "set", "K=V" },
	    { "apply", NULL }, { "stop-after", "N" }, { "csv", NULL } }, 1, 1, NEEDS_ENGINE | NEEDS_STORE, run_fix_bulk },
	{ "fix resume", "BULK", "goes on with a bulk run that was interrupted",
	    { { "csv", NULL } }, 1, 1, NEEDS_ENGINE | NEEDS_STORE, run_fix_resume },
	{ "fix undo", "ENTRY|BULK", "undoes a journal entry or a whole bulk run", { { "csv", NULL } },
	    1, 1, NEEDS_ENGINE | NEEDS_STORE, run_fix_undo },
	{ "journal", "[ENTRY]", "what was changed, by whom, state", { { NULL, NULL } },
	    0, 1, NEEDS_ENGINE | NEEDS_STORE, run_journal },
	{ "spf eval", "", "check_host() of RFC 7208 for one message, or a batch of them",
	    { { "ip", "IP" }, { "helo", "NAME" }, { "sender", "ADDR" }, { "receiver", "NAME" },
	    { "batch", "FILE|-" } }, 0, 0, NEEDS_TOOL, run_spf_eval },
	{ "spf explain", "DOMAIN", "what a domain's record costs, whom it lets through, what would be better",
	    { { "address", "IP" } }, 1, 1, NEEDS_TOOL, run_spf_explain },
	{ "spf wizard", "[DOMAIN]", "who sends for you: one valid record",
	    { { "sender", "ID" }, { "address", "IP" }, { "all", "~all|-all" } },
	    0, 1, NEEDS_TOOL, run_spf_wizard },
	{ "dkim key", "DOMAIN", "the key record at a selector", { { "selector", "S" } },
	    1, 1, NEEDS_TOOL, run_dkim_key },
	{ "dmarc lookup", "DOMAIN", "DMARC policy discovery of RFC 9989",
	    { { "authenticated", "NAME" }, { "psl", "FILE" } }, 1, 1, NEEDS_TOOL, run_dmarc_lookup },
	{ "message verify", "FILE|-", "DKIM, SPF, DMARC and ARC of one message",
	    { { "ip", "IP" }, { "helo", "NAME" }, { "sender", "ADDR" }, { "receiver", "NAME" } },
	    1, 1, NEEDS_TOOL, run_message_verify },
	{ "message score", "FILE|-", "a score from 0 to 10 for one message, every deduction explained",
	    { { "ip", "IP" }, { "helo", "NAME" }, { "sender", "ADDR" }, { "receiver", "NAME" } },
	    1, 1, NEEDS_TOOL, run_message_score },
	{ "blacklist", "ADDRESS|DOMAIN...", "every blacklist's answer", { { NULL, NULL } },
	    1, -1, NEEDS_ENGINE, run_blacklist },
	{ "queue", "[summary|list|show ID]", "the mail queue, grouped", { { "group", "BY:KEY" } },
	    0, 2, NEEDS_ENGINE | NEEDS_PANEL, run_queue },
	{ "senders", "[NAME]", "who sent how much in the last 30 days, by the mail log",
	    { { "by", "mailbox|domain|subscription|user|script" }, { "days", "N" } },
	    0, 1, NEEDS_ENGINE | NEEDS_STORE | NEEDS_PANEL, run_senders },
	{ "bounce explain", "[FILE|-]", "what a bounce says: who, why, and what to do",
	    { { "batch", "FILE|-" } }, 0, 1, NEEDS_TOOL, run_bounce_explain },
	{ "delist status", "", "may one ask for removal from lists, and of whom", { { NULL, NULL } },
	    0, 0, NEEDS_ENGINE | NEEDS_STORE, run_delist_status },
	{ "delist start", "PROVIDER", "where to ask a provider or list for removal, and what to write",
	    { { "override", "REASON" } }, 1, 1, NEEDS_ENGINE | NEEDS_STORE, run_delist_start },
	{ "delist record", "PROVIDER", "writes down a request and what came back",
	    { { "where", "URL" }, { "answer", "TEXT" }, { "next", "DATE" } },
	    1, 1, NEEDS_ENGINE | NEEDS_STORE, run_delist_record },
	{ "identity token", "", "prints a signed identity, for relays and tests",
	    { { "login", "L" }, { "role", "customer|reseller|admin" }, { "ttl", "SECONDS" },
	    { "session", "S" }, { "acting", "L" } }, 0, 0, NEEDS_WORDS, run_identity_token },
	{ "catalogue", "", "every check, finding and fix with its rows", { { NULL, NULL } },
	    0, 0, NEEDS_WORDS, run_catalogue },
	{ "config check", "", "validates the configuration and tells what is reachable",
	    { { NULL, NULL } }, 0, 0, NEEDS_ENGINE, run_config_check },
};
const size_t commands_count = sizeof(commands) / sizeof(commands[0]);
