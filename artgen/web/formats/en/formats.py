"""English: 24 hours, as `artgen.web.formatting` shows times; Django's own format is "6:42 p.m."."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "M j, Y, H:i"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
