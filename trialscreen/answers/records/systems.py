"""Systems of codes: which codes stand for all that begin with them."""

from collections.abc import Iterable, Iterator

from trialscreen.answers.records.entries import Coding

ICD10, ATC = "icd10", "atc"

SYSTEMS = ("loinc", "snomed", ICD10, "rxnorm", ATC, "omop")
"""The systems that a mapping binds codes of; its `systems` says how records name them."""

BY_BEGINNING = {ICD10: ICD10, "icd10cm": ICD10, ATC: ATC}
"""Systems of which a code in a mapping stands for all codes that begin with it, and the name
that they have there."""
_SHORTEST = 3


def keys_of(codes: Iterable[Coding]) -> Iterator[tuple[str, str]]:
    """System and code of all that these codes may stand under in a mapping."""
    for system, code, _ in codes:
        if (group := BY_BEGINNING.get(system)) is None:
            yield system, code
        else:
            plain = plain_code(code)
            for length in range(_SHORTEST, len(plain) + 1):
                yield group, plain[:length]


def key_of(system: str, code: str) -> tuple[str, str]:
    """The key of a code of a mapping."""
    return system, plain_code(code) if system in BY_BEGINNING else code


def plain_code(code: str) -> str:
    """A code of ICD-10 or ATC without its point: M81.0 and M81.000x001 begin with M81."""
    return code.replace(".", "").strip().upper()
