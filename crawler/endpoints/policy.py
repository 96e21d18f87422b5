"""When an endpoint is requested, by whom, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from crawler.model.reply import Outcome

Login = Literal["no", "yes", "own"]


@dataclass(frozen=True)
class Asker:
    """Who asks. kind: "" without a session, `session`, or `premium`; account: the session's."""

    kind: str = ""
    lang: str = ""
    account: str = ""


USUAL_LANG = "ja"
ANONYMOUS = "anonymous"
ANYONE = Asker(lang=USUAL_LANG)


@dataclass(frozen=True)
class Proof:
    """What makes a 400 final: see `Endpoint.proof`. message: what is said of it."""

    endpoint: str
    message: str


@dataclass(frozen=True)
class Policy:
    """How often it is requested, who may request it, and what a no means.

    login: whether a session is needed; needs_login: for which parameters, where not for all.
    changes: "nightly" where the same request answers something new every night, else "never".
    on_missing: what a 404 means: the thing is absent, or a ranking may not be there yet.
    proof: the endpoint whose answer for the same thing shows that a 400 here is the site's last word
        (comments that are closed), and the column that says so beforehand.
    marked_missing: table, key column and parameter of the thing whose state a 404 shows.
    after: the endpoint whose targets bring this one's, see archive/due/following.py.
    is_extra: requested only when named in `endpoints=`, for what is beside a family's purpose.
    most_pages: a bound where the user gives none, for lists without an end.
    expects: how many pages the answer has as a rule, for forecasts; None where no one knows.
    """

    login: Login = "no"
    needs_login: Callable[[Mapping[str, str]], bool] | None = None
    changes: Literal["never", "nightly"] = "nightly"
    on_missing: Outcome = Outcome.ABSENT
    proof: Proof | None = None
    marked_missing: tuple[str, str, str] | None = None
    after: str | None = None
    is_extra: bool = False
    most_pages: int | None = None
    expects: Callable[[Mapping[str, str]], int] | None = None

    def wants_session(self, params: Mapping[str, str]) -> bool:
        """Whether these parameters are answered to a session only."""
        return self.login != "no" or (self.needs_login is not None and self.needs_login(params))
