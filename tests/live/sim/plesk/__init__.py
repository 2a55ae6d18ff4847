"""A simulator of Plesk Obsidian 18.0.x: REST API v2 with its command gate, the
packets of the XML API and WP Toolkit's REST API that a mail checker needs.

It keeps state, asks who is calling, refuses what the real panel refuses, and
feeds a real name server with its zones.  Comments of the form [2.4] name the
section of the project's notes on the vendor's interface, [inf] marks what
nobody has confirmed; such points have a switch (faults.SWITCHES), so that a
client can be tried with every answer.
"""
