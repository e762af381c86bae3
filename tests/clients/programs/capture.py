"""Tells PostHog of a visitor who became a customer, in words that every posthog of Python knows."""

import os

from posthog import Posthog

client = Posthog(os.environ["POSTHOG_TOKEN"], host=os.environ["POSTHOG_URL"])
know = getattr(client, "identify", client.set)  # `identify` went with posthog 6

client.capture(event="signed_up", distinct_id="visitor", properties={"plan": "pro"})
know(distinct_id="ada", properties={"email": "ada@acme.test"})
client.set_once(distinct_id="ada", properties={"email": "other@acme.test", "first_seen_on": "a fair"})
client.alias(previous_id="visitor", distinct_id="ada")
client.group_identify("company", "acme", {"seats": 5})
client.capture(event="upgraded", distinct_id="ada", groups={"company": "acme"})
client.shutdown()
