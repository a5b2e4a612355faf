"""What is known of stored files beside the rows that name them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Leftover(models.Model):
    """A stored file that no row named when it was last looked, and since when."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    since = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["since", "sha256"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="leftover_sha256_form"
            ),
        ]

    def __str__(self) -> str:
        return self.sha256
