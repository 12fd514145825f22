"""How often each thing happens, in one place. Per mille; change a number here and nowhere else.

Of the shares that speak of reports, each is drawn for every report; the rest for every shipment.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What a thousand reports, or a thousand shipments, are made of."""

    # Reports that add something beside the plain story.
    duplicate: int = 50  # the very same report once more, same event id
    echo: int = 80  # a paper repeats a wire's report
    conflicting: int = 30  # somebody tells of a milestone that cannot also be true
    denial: int = 15
    retraction: int = 8
    correction: int = 20
    planned: int = 60  # said to come: an expected arrival, a planned delivery
    flag: int = 40
    unknown_code: int = 6  # a status code that no table has: held
    unknown_subject: int = 4  # a waybill that no shipment has: held

    # What any report may be besides.
    late: int = 100  # recorded days after it was said
    by_foreign_code: int = 250  # of a carrier's reports: in freight status codes instead of our own
    with_quantity: int = 250
    coarse_time: int = 400  # of an outlet's reports: a day instead of an hour
    hedged: int = 100
    unnamed_origin: int = 250  # of echoes: "an official said"
    green: int = 30
    amber: int = 10

    # Shipments.
    by_transit: int = 350  # two legs, by way of a hub
    lost: int = 15
    destroyed: int = 8
    refused: int = 10
    cancelled: int = 25
    under_way: int = 150  # the story breaks off before delivery
    restricted: int = 10  # the shipment itself is marked AMBER


DEFAULT = Shares()
