"""What belongs to no room: the address under which somebody's calendar is subscribed."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class CalendarAddress(models.Model):
    """Somebody subscribes the year plan. The address is signed over `serial`: a new serial ends the old one."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="calendar_address"
    )
    serial = models.PositiveIntegerField(default=1, db_default=1)
    ended = models.BooleanField(default=False, db_default=False)
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.user_id} #{self.serial}"
