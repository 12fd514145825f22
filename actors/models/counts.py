"""How many requests each caller has sent in the window that is running."""

from django.db import models


class RequestCount(models.Model):
    """One caller and kind of request (``key:<id>:reads``, ``address:<address>:strangers``).

    The table is unlogged: a crash of the database empties it, which costs a window's exactness and
    saves every request from waiting for the disk.
    """

    caller = models.CharField(primary_key=True, max_length=80)
    begun_at = models.DateTimeField()
    spent = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.caller}: {self.spent}"
