"""How the work is started: by hand (the command `shruti`), on a schedule, on a server. Holds no logic of its own."""
