"""The laptop's side of aidtracker: it sets itself up, brings its own servers and runs everything.

    setup.py        .venv from the two locks, made again only when they change
    postgres.py     a PostgreSQL from PATH, the system or a wheel; run as root's child without root's powers
    broker.py       a Redis (or Valkey) from PATH or a wheel
    servers.py      both at once, with the two database roles -> the environment that settings read
    prepare.py      migrate, vocabularies, demo login, case (the only module here that needs Django)
    up.py           `make run`: all of it, then web, worker and scheduler until Ctrl-C
    processes.py    children that die with their parent, one process group each
    state.py        .local/: secrets, ports, locks, logs

Everything here but prepare.py runs on the standard library alone, since it starts before Django is installed
(psycopg is imported late, by servers.py). A service does not carry this package: the image leaves it out.
"""
