"""A page that another login has overtaken gives no answer under the wrong name."""

import uuid

from django.test import Client

from annotate.models import Judgment, Lease
from tests.factory import PASSWORD, Cast, make_queue

LEASE = "/api/v1/projects/library/tasks/lease/"
JUDGMENTS = "/api/v1/projects/library/judgments/"


def test_a_call_for_somebody_else_is_refused(client: Client, cast: Cast) -> None:
    [row, *_] = make_queue(cast.project)
    answer = {"id": str(uuid.uuid4()), "candidate": str(row.pk), "grade": 1}
    client.login(username=cast.reviewer.username, password=PASSWORD)
    for url, body in ((LEASE, {}), (JUDGMENTS, {"judgments": [answer]})):
        for person, status in ((cast.annotator.pk, 409), ("x", 409), (cast.reviewer.pk, 200)):
            headers = {"X-Arbiter-Person": str(person)}
            told = client.post(url, body, content_type="application/json", headers=headers)
            assert told.status_code == status
            if status == 409:
                assert told.json()["detail"] == "Somebody else is logged in here now."
                assert not Judgment.objects.exists()
                assert not Lease.objects.filter(person=cast.annotator).exists()
    assert Judgment.objects.get().person == cast.reviewer
