"""A real Exim in a room of its own, set up as on a cPanel server as far as its queue and log go: /usr/sbin/exim,
/var/log/exim_mainlog, an authenticator dovecot_login that takes every password.  What is handed in waits: no
other server is ever asked.  Where the run directory is a demonstration's, the panel's own commands are there too
(sim/cpanel/cli.py).
"""

from __future__ import annotations

import base64
import smtplib

from .postfix import Postfix

INSTALL = r"""
port=$1
cat >>/etc/passwd <<END
Debian-exim:x:64891:64891::/var/spool/exim:/usr/sbin/nologin
antispam-guide:x:64893:64893::/var/lib/antispam-guide:/usr/sbin/nologin
anna:x:64895:64895::/home/anna:/usr/sbin/nologin
ben:x:64896:64896::/home/ben:/usr/sbin/nologin
END
cat >>/etc/group <<END
Debian-exim:x:64891:
antispam-guide:x:64893:
anna:x:64895:
ben:x:64896:
END
mkdir -p /var/spool/exim /var/log /home/anna/public_html /home/ben/public_html
chown Debian-exim:Debian-exim /var/spool/exim /var/log
chown anna:anna /home/anna/public_html
chown ben:ben /home/ben/public_html
chown root:root /usr/sbin/exim4
chmod 4755 /usr/sbin/exim4
ln -sf exim4 /usr/sbin/exim
ln -sf exim4 /usr/sbin/sendmail
mkdir -p /etc/exim4 /usr/local/cpanel/bin /usr/local/cpanel/scripts
echo 11.138.0.19 >/usr/local/cpanel/version
ln -sf /room/panel/bin/whmapi1 /room/panel/bin/uapi /usr/local/cpanel/bin/
ln -sf /room/panel/bin/smtpmailgidonly /usr/local/cpanel/scripts/
ln -sf /room/panel/bin/wp-toolkit /usr/local/bin/
cat >/etc/exim4/exim4.conf <<END
primary_hostname = srv1.host.example
spool_directory = /var/spool/exim
log_file_path = /var/log/exim_%slog
log_selector = +arguments +subject +received_recipients
daemon_smtp_ports = $port
local_interfaces = 127.0.0.1
keep_environment =
acl_smtp_rcpt = accept
acl_smtp_data = accept
trusted_users = root
untrusted_set_sender = *
local_from_check = false
tls_advertise_hosts =
never_users =
begin routers
away:
  driver = redirect
  allow_defer
  data = :defer: \${if match{\$h_x-answer:}{.}{\$h_x-answer:}{421 4.7.0 Try again later}}
begin retry
* * F,4d,15m
begin authenticators
dovecot_login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = yes
  server_set_id = \$auth1
  server_advertise_condition = yes
END
chown root:root /etc/exim4/exim4.conf
chmod 644 /etc/exim4/exim4.conf
: >/room/ready
exec /usr/sbin/exim -bdf -q30m
"""


class Exim(Postfix):
    """run('exim', '-bp') runs something in the room; /room there is the run directory here."""

    name, install = "exim", INSTALL

    def hand_in(self, sender: str, recipients: list[str], text: str, login: str | None = None) -> None:
        """A message over SMTP, from somebody who logged in or not."""
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="laptop.provider.example") as smtp:
            smtp.ehlo()
            if login:
                code, _ = smtp.docmd("AUTH", "LOGIN " + base64.b64encode(login.encode()).decode())
                assert code == 334
                smtp.docmd(base64.b64encode(b"any").decode())
            smtp.sendmail(sender, recipients, text)

    def script(self, user: str, sender: str, recipient: str, text: str) -> None:
        """A message as a web site's script hands it in, from its directory."""
        command = f"cd /home/{user}/public_html && exec setpriv --reuid={user} --regid={user} --clear-groups /usr/sbin/sendmail -t -i -f {sender}"
        self.run("/bin/sh", "-c", command, text=f"From: {sender}\nTo: {recipient}\n{text}")
