"""What a slice asks for: words, a length, metadata and ids, all of which have to hold."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from annotate.frozen.slicing import Conditions
from annotate.services.slices import slice_save
from tests.factory import Cast

ASKED: dict[str, dict[str, Any]] = {
    "words": {"words": ("GIFT", "voucher")},
    "least": {"least": 4},
    "most": {"most": 4},
    "metadata": {"metadata": {"market": "de", "old": "yes"}},
    "queries": {"queries": ("q1", "q9")},
}
MISSED: dict[str, dict[str, Any]] = {
    "words": {"text": "how to send it"},
    "least": {"text": "a gift card"},
    "most": {"text": "how to send gift cards"},
    "metadata": {"metadata": {"market": "de"}},
    "queries": {"name": "q2"},
}
QUERY: dict[str, Any] = {
    "name": "q1",
    "text": "How to giftwrap it",
    "metadata": {"market": "de", "old": "yes"},
}


@pytest.mark.parametrize("name", ASKED)
def test_each_condition_holds_or_not(name: str) -> None:
    asked = Conditions(**ASKED[name])
    assert asked.hold(**QUERY)
    assert not asked.hold(**(QUERY | MISSED[name]))


@pytest.mark.parametrize("name", MISSED)
def test_all_of_them_have_to_hold(name: str) -> None:
    every = Conditions(**{key: value for each in ASKED.values() for key, value in each.items()})
    assert every.hold(**QUERY)
    assert not every.hold(**(QUERY | MISSED[name]))
    assert Conditions.from_dict(every.to_dict()) == every
    assert every.said == (
        "contains “GIFT” or “voucher”, has at least 4 words, has at most 4 words,"
        " “market” is “de”, “old” is “yes”, is one of 2 ids"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked",
    [
        Conditions(),
        Conditions(least=3, most=2),
        Conditions(words=tuple(map(str, range(21)))),
        Conditions(words=(" ",)),
        Conditions(metadata={"key": "x" * 41}),
    ],
    ids=["nothing", "no length", "many words", "an empty word", "a long value"],
)
def test_what_asks_for_nothing_or_too_much_is_refused(cast: Cast, asked: Conditions) -> None:
    with pytest.raises(ValidationError):
        slice_save(project=cast.project, name="A", conditions=asked, by=cast.manager)
    assert not cast.project.slices.exists()
