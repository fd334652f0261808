"""The door for huey's own consumer, for jobs on other machines: `huey_consumer reclaim.config.queue.huey`."""

from reclaim.config.start import django

django()

from reclaim import clock  # noqa: E402  models are there only now

huey = clock.queue()
