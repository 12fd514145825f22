"""Times as evidence needs them: the day first, the month in letters, the clock with 24 hours."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y H:i T"
TIME_FORMAT = "H:i"
