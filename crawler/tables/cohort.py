"""The cohort: works drawn by chance of a day's span of ids, so that a share of them is one of all."""

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from crawler.tables.row import Base, column


class CohortDraw(Base, audience="public"):
    """An id drawn by chance of those of a day; whether it is a work shows when its page is requested."""

    __tablename__ = "cohort"
    __table_args__ = (Index(None, "drawn_on"),)

    artwork_id: Mapped[int] = column(primary_key=True, comment="the id that was drawn")
    drawn_on: Mapped[date] = column(comment="the day of whose ids it was drawn")
    first_id: Mapped[int] = column(comment="the first id of the day's span")
    last_id: Mapped[int] = column(comment="the last id of the day's span")
    draw_count: Mapped[int] = column(comment="how many ids of the span were drawn, each as likely")
    drawn_at: Mapped[int] = column(comment="nanoseconds since 1970", unit="nanoseconds since 1970")
