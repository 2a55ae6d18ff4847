#ifndef CLI_FAMILIES_H
#define CLI_FAMILIES_H

/* One line per command, for the table in commands.c. */

#include "cli/cli.h"

int	run_serve(struct cli *);
int	run_cgi(struct cli *);
int	run_check(struct cli *);
int	run_changed(struct cli *);
int	run_domains(struct cli *);
int	run_fix_plan(struct cli *);
int	run_fix_apply(struct cli *);
int	run_fix_bulk(struct cli *);
int	run_fix_resume(struct cli *);
int	run_fix_undo(struct cli *);
int	run_journal(struct cli *);
int	run_spf_eval(struct cli *);
int	run_spf_explain(struct cli *);
int	run_spf_wizard(struct cli *);
int	run_dkim_key(struct cli *);
int	run_dmarc_lookup(struct cli *);
int	run_message_verify(struct cli *);
int	run_message_score(struct cli *);
int	run_blacklist(struct cli *);
int	run_queue(struct cli *);
int	run_antivirus_scan(struct cli *);
int	run_antivirus_status(struct cli *);
int	run_senders(struct cli *);
int	run_forwarding(struct cli *);
int	run_bounce_explain(struct cli *);
int	run_bounce_keep(struct cli *);
int	run_bounce_list(struct cli *);
int	run_bounce_forget(struct cli *);
int	run_delist_status(struct cli *);
int	run_delist_start(struct cli *);
int	run_delist_record(struct cli *);
int	run_delist_snds(struct cli *);
int	run_identity_token(struct cli *);
int	run_catalogue(struct cli *);
int	run_config_check(struct cli *);

#endif
