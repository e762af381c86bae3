"""What answers each of the paths by which users sign in and up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Response

from mockserver.accounts import signing_in, signing_up

ANSWERS: Mapping[str, Callable[..., Response]] = {
    answer.__name__: answer
    for answer in (
        signing_in.sign_in,
        signing_in.precheck,
        signing_in.reset,
        signing_in.finish_reset,
        signing_in.sign_out,
        signing_up.sign_up,
        signing_up.answer_invite,
        signing_up.ask_for_verification,
        signing_up.verify_email,
    )
}
