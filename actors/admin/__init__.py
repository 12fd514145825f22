"""The pages of who takes part, who speaks and who may call us. Importing this package registers them."""

from actors.admin import accounts, actors, audit, keys, sources

__all__ = ["accounts", "actors", "audit", "keys", "sources"]
