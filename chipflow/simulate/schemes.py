"""The known schemes: ways in which restricted chips reach China through third countries.

Each function plays one scheme into its scene. The shapes follow publicly documented cases
(straw purchasers, front companies in transit countries, relabelled goods); who takes part,
when, with which chips and at what price is drawn anew every time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chipflow.simulate.scene import Lot, Scene


def one_shell(scene: Scene) -> None:
    """Seller -> shell in a third country -> China."""
    _through_one_company(scene, lots=int(scene.rng.integers(3, 9)))


def relabelled(scene: Scene) -> None:
    """As one shell, named on the way in; other goods by word and code on the way out."""
    scene.relabels = 1.0
    scene.names_purchases = 1.0
    _through_one_company(scene, lots=int(scene.rng.integers(3, 9)))


def _through_one_company(scene: Scene, lots: int, *, lawful: bool = False) -> None:
    calendar = scene.calendar(1, lots, lawful=lawful)
    country = scene.hub()
    shell = scene.shell(country, calendar.start)
    sellers = scene.sellers(int(scene.rng.integers(1, 3)), calendar.start, country)
    buyers = scene.chinese_buyers(int(scene.rng.integers(1, 4)), calendar.start)
    scene.steps = [sellers, [shell], buyers]
    for lot in scene.hand_on(scene.buy(calendar, sellers, shell)):
        scene.sell_on(lot, shell, scene.draw(buyers), "final")


def two_shells(scene: Scene) -> None:
    """Seller -> shell -> shell in another country -> China."""
    _through_two_companies(scene, lots=int(scene.rng.integers(3, 7)))


def _through_two_companies(scene: Scene, lots: int, *, lawful: bool = False) -> None:
    calendar = scene.calendar(2, lots, lawful=lawful)
    here = scene.hub()
    there = scene.hub(here)
    first, second = scene.shell(here, calendar.start), scene.shell(there, calendar.start)
    sellers = scene.sellers(int(scene.rng.integers(1, 3)), calendar.start, here)
    buyers = scene.chinese_buyers(int(scene.rng.integers(1, 4)), calendar.start)
    scene.steps = [sellers, [first], [second], buyers]
    moved = scene.hand_on(scene.buy(calendar, sellers, first))
    for lot in moved:
        scene.sell_on(lot, first, second, "middle")
    for lot in scene.hand_on(moved):
        scene.sell_on(lot, second, scene.draw(buyers), "final")


def collector(scene: Scene) -> None:
    """Several shells buy; one collector in another country takes all and ships to China."""
    rng = scene.rng
    n_shells = int(rng.integers(3, 7))
    calendar = scene.calendar(2, n_shells + int(rng.integers(0, n_shells + 1)))
    there = scene.hub()
    gathers = scene.shell(there, calendar.start)
    hubs = [scene.hub(there) for _ in range(int(rng.integers(1, 4)))]
    shells = [scene.shell(scene.one_of(hubs), calendar.start) for _ in range(n_shells)]
    sellers = scene.sellers(int(rng.integers(1, 4)), calendar.start, *hubs)
    buyers = scene.chinese_buyers(int(rng.integers(1, 4)), calendar.start)
    scene.steps = [sellers, shells, [gathers], buyers]
    turn = [shells[at % n_shells] for at in range(len(calendar.days))]
    gathered: list[Lot] = []
    for shell in shells:
        days = [day for day, whose in zip(calendar.days, turn, strict=True) if whose == shell]
        bought = scene.buy(replace(calendar, days=days), sellers, shell)
        gathered += [scene.sell_on(lot, shell, gathers, "middle") for lot in scene.hand_on(bought)]
    for lot in scene.hand_on(gathered):
        scene.sell_on(lot, gathers, scene.draw(buyers), "final")


def split_lot(scene: Scene) -> None:
    """One or two large lots leave the shell as many small ones."""
    _split(scene)


def _split(scene: Scene, *, lawful: bool = False) -> None:
    rng = scene.rng
    calendar = scene.calendar(1, int(rng.integers(1, 3)), lawful=lawful)
    country = scene.hub()
    shell = scene.shell(country, calendar.start)
    sellers = scene.sellers(1, calendar.start, country)
    buyers = scene.chinese_buyers(int(rng.integers(2, 7)), calendar.start)
    scene.steps = [sellers, [shell], buyers]
    parts = int(rng.integers(5, 15))
    scene.lot_factor = max(scene.lot_factor, 0.8)
    scene.wait_sd = float(rng.uniform(0.4, 0.9))
    bought = scene.buy(calendar, sellers, shell, factor=float(rng.uniform(4, 9)))
    for lot in scene.hand_on(bought, parts=parts):
        scene.sell_on(lot, shell, scene.draw(buyers), "final")


def domestic_handover(scene: Scene) -> None:
    """Company A brings goods in, company B of the same country sends them out.

    What passes between them crosses no border and is in no record. Some of the pairs sit at
    one address.
    """
    rng = scene.rng
    calendar = scene.calendar(1, int(rng.integers(3, 8)))
    country = scene.hub()
    takes, sends = (scene.shell(country, calendar.start) for _ in range(2))
    if rng.random() < 0.35:
        scene.firms.neighbour[sends] = takes
    sellers = scene.sellers(int(rng.integers(1, 3)), calendar.start, country)
    buyers = scene.chinese_buyers(int(rng.integers(1, 4)), calendar.start)
    scene.steps = [sellers, [takes], [sends], buyers]
    for lot in scene.hand_on(scene.buy(calendar, sellers, takes)):
        scene.sell_on(lot, sends, scene.draw(buyers), "final")


Play = Callable[[Scene], None]

SCHEMES: dict[str, Play] = {
    "one_shell": one_shell,
    "two_shells": two_shells,
    "collector": collector,
    "split_lot": split_lot,
    "domestic_handover": domestic_handover,
    "relabelled": relabelled,
}

#: A route that stops in the open: nothing is recorded after the first purchase.
VANISHED = "vanished"
