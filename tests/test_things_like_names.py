"""What is named like a person and is none: storms, operations, plants in a row, months, public people."""

from __future__ import annotations

import pytest
from redacting import redacted

STAYS = """
The fence went in {Storm Darragh} and the landlord says it's ours.
{Operation Nightingale} did three vans in one morning, more please.
Please plant {Rowan}, {Hazel} and {Holly} along the verge.
Nobody waters them. {Rosemary}, {Thyme} and {Sage} died in the pots.
It has been shut since {May} and I have asked twice.
They said until {April} and my knee said otherwise.
Every {June} the carnival came down the Heathway.
We had {Creeping Jenny} and {Herb Robert} and now we have tarmac.
We stood there like {Laurel and Hardy} with the mattress.
A plaque for {Mary Seacole} would cost less than the sign did.
The {MyPermit} site logs me out.
The {Fanshawe} estate has no lights, nor has {Heathlands}.
"""

GOES = """
Rowan, Hazel and Holly are my neighbours' kids and they ride on the pavement.
My girls Lily and Rose want a garden.
We were fine until May Thompson moved out.
My wife Vlora cannot use the stairs.
Bridget Ward is the name and I want a call.
F. DA COSTA, TENANT
"""
NAMES = [["Rowan, Hazel"], ["Lily", "Rose"], ["May Thompson"], ["Vlora"], ["Bridget Ward"], ["DA COSTA"]]


@pytest.mark.parametrize("line", STAYS.strip().splitlines())
def test_things_named_like_people_stay(line: str) -> None:
    things = [piece.partition("}")[0] for piece in line.split("{")[1:]]
    text = line.replace("{", "").replace("}", "")
    left_over = redacted(text)
    assert [thing for thing in things if thing not in left_over] == []


@pytest.mark.parametrize(("text", "names"), list(zip(GOES.strip().splitlines(), NAMES, strict=True)))
def test_people_named_like_things_go(text: str, names: list[str]) -> None:
    left_over = redacted(text)
    assert [name for name in names if name in left_over] == []
