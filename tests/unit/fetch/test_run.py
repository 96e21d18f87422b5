"""A run: its id, its night, and what its captures say of it."""

from __future__ import annotations

import re

from crawler.clock import JST, now
from crawler.endpoints.model import Asker
from crawler.fetch.run import Run
from crawler.fetch.session import Session

SESSION = Session("account-11", b"11_secretsecret")


def test_a_run_has_an_id_of_its_second_and_the_night_in_japan() -> None:
    run = Run.begin("rankings", {"date": "latest"})
    assert re.fullmatch(r"\d{8}T\d{6}-[0-9a-f]{6}", run.crawl_id)
    assert run.night == f"{now().astimezone(JST):%Y-%m-%d}"
    assert run.crawl_id != Run.begin("rankings", {}).crawl_id


def test_captures_say_who_requested_and_nothing_that_is_secret() -> None:
    about = Run.begin("users", {"user_id": "5"}, SESSION, Asker("premium", "ja", "11")).about
    assert about["session"] == "account"
    assert about["account"] == "11"
    assert about["asker"] == "premium"
    assert "secret" not in str(about)
    assert "secret" not in repr(SESSION)
