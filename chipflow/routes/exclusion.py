"""Why a route is no lead: every reason, with its sentence."""

from __future__ import annotations

from enum import Enum


class Exclusion(Enum):
    """One reason for which a route is excluded from the leads.

    Attributes
    ----------
    reason
        As it stands in the column ``reason`` of ``set_aside.csv``.
    sentence
        What the goods did, after "... moved SG > CN, and"; empty where the route itself has more
        to say.
    """

    reason: str
    sentence: str

    def __init__(self, reason: str, sentence: str = "") -> None:
        self.reason, self.sentence = reason, sentence

    NO_LICENCE_ASKED = (
        "no licence asked",
        "no rule in these tables asked for a licence there on that day; entity lists, end use and "
        "other countries' laws were not looked at",
    )
    RULE_UNKNOWN = (
        "rule of that day unknown",
        "meet a rule that the tables do not settle for that day",
    )
    UNDER_LICENCE = (
        "under a quoted licence",
        "were sold by name under a licence that the records quote: whether there is one, the "
        "authority that would have given it can say",
    )
    LICENCES_GRANTED = (
        "licences were being granted that day",
        "arrived on a day on which licences for such sales were being granted: whether there was "
        "one for this sale, the authority that would have given it can say",
    )
    FROM_DESTINATION = (
        "came from the destination",
        "had come from the destination before, as goods sent for repair do",
    )
    NO_CHIP_NAMED = (
        "no record names a chip",
        "are only like chips in weight and value: no record on the way names one",
    )
    BACK_TO_SENDER = (
        "went back to its sender",
        "ended at the company that had sent them",
    )
    REPAIR = (
        "repair or return",
        "speak of repair, return or warranty on the way in and on the way out",
    )
    CAME_BACK = (
        "came back from the destination",
        "were for the most part sent back by those who received them, as boards sent out for "
        "assembly or repair are",
    )
    AMONG_RETURNS = (
        "among goods that came back",
        "went between two companies of which the one sends most lots back to the other, as boards "
        "sent out for assembly or repair are",
    )
    LETTER_TO_MAKER = ("by a letter to the maker only",)
    OUTWEIGHED = ("innocent explanations outweigh the evidence",)
    WEAK_TRANSFER = ("one step on the way is less likely than not",)
    UNRECORDED_BY_CHANCE = ("chance explains a step on the way as well",)
    BY_CHANCE = ("chance explains it as well",)
