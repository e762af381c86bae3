"""Asks for flags: of a customer, as the server decides them, and of 200 people, decided there and here."""

import json
import os

from posthog import Posthog

TOKEN, HOST = os.environ["POSTHOG_TOKEN"], os.environ["POSTHOG_URL"]
FIRM = {"groups": {"company": "acme"}, "group_properties": {"company": {"employees": 60}}}
PEOPLE = [(f"person-{number}", {"plan": ("free", "pro")[number % 2]}) for number in range(200)]

afar = Posthog(TOKEN, host=HOST)
told = {
    "ada": afar.get_all_flags("ada", person_properties={"email": "ada@acme.test"}, **FIRM),
    "button": afar.get_feature_flag("button", "ada"),
    "payload": afar.get_feature_flag_payload("button", "ada"),
    "afar": [afar.get_all_flags(person, person_properties=about, **FIRM) for person, about in PEOPLE],
}
if isinstance(told["payload"], str):
    told["payload"] = json.loads(told["payload"])  # posthog 3 hands it over as it came
afar.shutdown()

here = Posthog(TOKEN, host=HOST, personal_api_key=os.environ["POSTHOG_KEY"])
here.load_feature_flags()
told["here"] = [
    here.get_all_flags(person, person_properties=about, only_evaluate_locally=True, **FIRM) for person, about in PEOPLE
]
here.shutdown()
print(json.dumps(told))
