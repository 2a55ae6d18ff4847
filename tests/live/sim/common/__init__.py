"""What the simulators of panels share: the state's file, faults and journal, the HTTPS port, the control endpoint,
zones served by a real name server, DKIM keys."""
