"""Relations between entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from crawler.endpoints.check import WrongEntry, check_name
from crawler.endpoints.model import Endpoint
from crawler.endpoints.params import IdBatch, Ids
from crawler.tables.naming import BATCHES, PARAMS


def check_entries(families: Mapping[str, tuple[Endpoint, ...]]) -> None:
    """Raises WrongEntry where two have one name, or one names another that is not there."""
    every = [endpoint for endpoints in families.values() for endpoint in endpoints]
    known = {endpoint.name: endpoint for endpoint in every}
    twice = [name for name, count in Counter(endpoint.name for endpoint in every).items() if count > 1]
    if twice:
        raise WrongEntry(f"{', '.join(twice)}: two entries of one name")
    for endpoints in families.values():
        beside = {endpoint.name for endpoint in endpoints}
        for endpoint in endpoints:
            policy = endpoint.policy
            for name, param in endpoint.request.params.items():
                # Undecided, `scrapy forget` would miss what is requested about somebody.
                if isinstance(param, (Ids, IdBatch)):
                    known_names = PARAMS if isinstance(param, Ids) else BATCHES
                    place = f"{endpoint.name}: params"
                    check_name(place, "parameter decided in tables/naming.py", name, known_names)
            if policy.after is not None:
                check_name(f"{endpoint.name}: after", "endpoint of its family", policy.after, beside)
            if policy.proof is not None:
                place = f"{endpoint.name}: proof"
                check_name(place, "endpoint", policy.proof.endpoint, known)
                for name in known[policy.proof.endpoint].request.params:
                    check_name(place, "parameter of its own", name, endpoint.request.params)
