"""Servers for tests and the demonstration.

They are unpacked below build/servers and never installed: nothing of the
machine's own is started, stopped or reconfigured.  Every server runs in the
foreground, on loopback, on a free port, below a run directory, and dies with
the program that started it.
"""
