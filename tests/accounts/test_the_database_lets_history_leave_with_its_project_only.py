"""History leaves where its very project is gone at the end of the transaction, and only there."""

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Project
from accounts.services import project_delete
from annotate.models import Judgment
from tests.factory import Cast, make_judgment, make_queue

DELETE = "DELETE FROM annotate_judgment"
RENAME = "UPDATE accounts_leaving SET project_id = {ours}"
LEAVE = "SELECT accounts_project_leave({ours})"
ALONE = "is never deleted alone"
THERE = "was to be deleted as a whole and is there"
ATTACKS: dict[str, tuple[str, str]] = {
    "nothing said": (DELETE, ALONE),
    "a setting": (f"SET LOCAL arbiter.deleting_project = 'on'; {DELETE}", ALONE),
    "said, and not done": (f"{LEAVE}; {DELETE}", THERE),
    "said, and taken back": (f"{LEAVE}; {DELETE}; DELETE FROM accounts_leaving", THERE),
    "said of another project": (f"SELECT accounts_project_leave({{theirs}}); {DELETE}", ALONE),
    "said of none, then of ours": (f"SELECT accounts_project_leave(0); {RENAME}; {DELETE}", THERE),
}


def execute(sql: str, cast: Cast) -> None:
    theirs = Project.objects.get(slug="library-elsewhere").pk
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql.format(ours=cast.project.pk, theirs=theirs))
        connection.check_constraints()


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_judgment_does_not_leave(cast: Cast, attack: str) -> None:
    make_judgment(make_queue(cast.project)[0], cast.annotator, 1)
    sql, message = ATTACKS[attack]
    with pytest.raises(IntegrityError, match=message):
        execute(sql, cast)
    assert Judgment.objects.count() == 1


def test_a_project_that_was_deleted_does_not_come_back(cast: Cast) -> None:
    make_judgment(make_queue(cast.project)[0], cast.annotator, 1)
    project = Project.objects.get(pk=cast.project.pk)

    @transaction.atomic
    def delete_and_restore() -> None:
        project_delete(project=cast.project)
        project.save(force_insert=True)
        connection.check_constraints()

    with pytest.raises(IntegrityError, match=THERE):
        delete_and_restore()
    assert Judgment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_of_a_deletion(cast: Cast) -> None:
    make_judgment(make_queue(cast.project)[0], cast.annotator, 1)
    project_delete(project=cast.project)
    assert not Judgment.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_leaving")
        assert cursor.fetchone() == (0,)
