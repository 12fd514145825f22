"""Who and what made-up stories are about: real airports and countries, invented organisations and papers.

Nobody real is quoted with words that they never said.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product

import airportsdata

# (name, ISO 3166-1) of donors, and (ISO 3166-1, ICAO code of the airport) of recipients.
DONORS = (
    ("Japan", "JP"),
    ("Norway", "NO"),
    ("Canada", "CA"),
    ("Türkiye", "TR"),
    ("Brazil", "BR"),
    ("India", "IN"),
    ("Switzerland", "CH"),
    ("Indonesia", "ID"),
    ("Kenya", "KE"),
    ("Qatar", "QA"),
)
RECIPIENTS = (
    ("Haiti", "HT", "MTPP"),
    ("Nepal", "NP", "VNKT"),
    ("Afghanistan", "AF", "OAKB"),
    ("Yemen", "YE", "OYAA"),
    ("South Sudan", "SS", "HSSJ"),
    ("Sudan", "SD", "HSPN"),
    ("Congo, The Democratic Republic of the", "CD", "FZNA"),
    ("Mozambique", "MZ", "FQBR"),
    ("Bangladesh", "BD", "VGCB"),
    ("Chad", "TD", "FTTJ"),
    ("Somalia", "SO", "HCMM"),
    ("Lebanon", "LB", "OLBA"),
    ("Vanuatu", "VU", "NVVV"),
    ("Solomon Islands", "SB", "AGGH"),
)
ORIGINS = ("OMDB", "EBLG", "LIBR", "MPTO", "DGAA", "WMSA", "EKCH", "RKSI", "VABB", "FACT")
HUBS = ("OMSJ", "HKJK", "HDAM", "HAAB", "LTFM", "WSSS", "OJAI")

# Code, name, country, flight code (invented, like the rest).
CARRIERS = (
    ("meridian-air-cargo", "Meridian Air Cargo", "LU", "9M"),
    ("harmattan-freight", "Harmattan Freight", "GH", "9H"),
    ("monsoon-airlift", "Monsoon Airlift", "IN", "9W"),
    ("northern-relief-wing", "Northern Relief Wing", "NO", "9N"),
    ("cordillera-cargo", "Cordillera Cargo", "CO", "9C"),
)
VEHICLES = (("Il-76", 45), ("B747F", 110), ("A330F", 65), ("C-130", 19), ("An-26", 5))
GOODS = (
    ("Oral rehydration salts", "medicines", "TNE", 2, 20),
    ("Water purification tablets", "water", "TNE", 1, 10),
    ("Tarpaulins and tents", "shelter", "TNE", 5, 40),
    ("High-energy biscuits", "food", "TNE", 8, 60),
    ("Cholera vaccine", "vaccines", "doses", 20_000, 900_000),
    ("Surgical kits", "medical supplies", "packages", 40, 900),
    ("Ready-to-use therapeutic food", "nutrition", "TNE", 4, 40),
)
TOWNS = ("Harbour", "Valley", "Capital", "Island", "Northern", "Delta", "Highland", "Lakeside", "Coastal", "Border")
TITLES = ("Gazette", "Herald", "Observer", "Courier", "Post", "Chronicle", "Mirror", "Star", "Bulletin", "Echo")
GRADES_OF_PAPERS = ("B", "C", "C", "C", "D", "D", "E", "")

OUTLETS = 24


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A source as the stories know it. No ``grade``: nobody has judged it yet."""

    code: str
    name: str
    kind: str
    grade: str
    country: str = ""
    actor: str = ""

    @property
    def is_official(self) -> bool:
        """Speaks for its country, and is so an interested party in what goes there."""
        return self.kind == "ministry"


@dataclass(frozen=True, kw_only=True)
class World:
    """The voices by their part in a story."""

    wires: tuple[Voice, ...]
    outlets: tuple[Voice, ...]
    carriers: dict[str, Voice]
    customs: dict[str, Voice]
    agencies: tuple[Voice, ...]

    @property
    def voices(self) -> tuple[Voice, ...]:
        """Everybody who may speak."""
        return (*self.wires, *self.outlets, *self.carriers.values(), *self.customs.values(), *self.agencies)


@cache
def world(outlets: int = OUTLETS) -> World:
    """A world with that many papers; the rest of its voices are always the same."""
    names = [f"{town} {title}" for title, town in product(TITLES, TOWNS)]
    return World(
        wires=tuple(
            Voice(code=_slug(name), name=name, kind="agency", grade=grade)
            for name, grade in (("Relief Wire", "B"), ("Pan-Ocean News Agency", "B"), ("Inland Press Service", "C"))
        ),
        outlets=tuple(
            Voice(
                code=_slug(names[n % len(names)]) + (f"-{n // len(names) + 1}" if n >= len(names) else ""),
                name=names[n % len(names)],
                kind="outlet",
                grade=GRADES_OF_PAPERS[n % len(GRADES_OF_PAPERS)],
            )
            for n in range(outlets)
        ),
        carriers={
            code: Voice(
                code=code, name=f"{name} tracking", kind="partner_system", grade="B", country=country, actor=code
            )
            for code, name, country, _ in CARRIERS
        },
        customs={
            country: Voice(
                code=f"customs-{country.lower()}",
                name=f"Customs of {name}",
                kind="ministry",
                grade="B",
                country=country,
            )
            for name, country, _ in RECIPIENTS
        },
        agencies=tuple(
            Voice(code=_slug(name), name=name, kind="un_agency", grade=grade)
            for name, grade in (("Joint Logistics Cell", "A"), ("Vaccine Delivery Desk", "A"), ("Field Monitors", "B"))
        ),
    )


@cache
def airport(icao: str) -> dict[str, object]:
    """An airport of the world by its ICAO code: name, country, iata, lat, lon, tz."""
    return dict(_airports()[icao])


@cache
def _airports() -> dict[str, dict[str, object]]:
    return airportsdata.load("ICAO")  # type: ignore[return-value]


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")
