"""A simulator of cPanel & WHM 110 to 138: WHM API 1, UAPI (as the account, through WHM, in batches) and the
command-line programs of a server's root, as far as a mail checker needs them.

It keeps state, asks who is calling and what he may, refuses what the real panel refuses, and feeds a real name
server with its zones.  Comments of the form [4.3] name the section of the project's notes on the vendor's
interface, [inf] marks what nobody has confirmed; such points have a switch (faults.SWITCHES), so that a client can
be tried with every answer.  A function that is not in the tables does not exist here.
"""
