"""How Kie.ai says that a job, a song or a cover picture stands: each in its own way. `kie` names the sources."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Final

from msgspec import Raw, Struct, structs

from apiinone.providers.provider import Fault, Finished, Linked, Rejected, Running, Unclear
from apiinone.providers.reading import decoded, fault_in, linked, made_nothing, rejected

POLL_INTERVAL_S: Final = 3.0
"""Asked for: 2 to 3 s at first, more later (get task detail)."""
MICRO_USD_PER_CREDIT: Final = 5000
CREDITS_MAX: Final = 10**6
SONG_FAULTS: Final[Mapping[int, Fault]] = {400: "content_policy", 413: "content_policy"}
"""A song's own codes: lyrics under copyright, audio that matches a known work (Suno's callbacks)."""
_NULL: Final = Raw(b"null")
State = Running | Finished | Rejected | Unclear


class Record(Struct):
    """A job, a song or a cover: each has a state of its own name. Read apart: no strange value costs another."""

    state: Raw = _NULL
    status: Raw = _NULL
    successFlag: Raw = _NULL  # noqa: N815 - the vendor's own names, here and below
    resultJson: Raw = _NULL  # noqa: N815
    response: Raw = _NULL
    creditsConsumed: Raw = _NULL  # noqa: N815
    failCode: Raw = _NULL  # noqa: N815
    failMsg: Raw = _NULL  # noqa: N815
    errorCode: Raw = _NULL  # noqa: N815
    errorMessage: Raw = _NULL  # noqa: N815


class _Result(Struct):
    resultUrls: tuple[str, ...] = ()  # noqa: N815


class _Song(Struct):
    id: str = ""
    audioUrl: str | None = None  # noqa: N815


class _Songs(Struct):
    sunoData: tuple[_Song, ...] = ()  # noqa: N815


class _Images(Struct):
    images: tuple[str, ...] | None = None


def state_of(record: Record) -> State:
    """By whichever state it has. A word that we do not know counts as still at work."""
    if (state := decoded(record.state, str)) is not None:
        return _job(state, record)
    if (status := decoded(record.status, str)) is not None:
        return _song(status, record)
    if (flag := decoded(record.successFlag, int)) is not None:
        return _cover(flag, record)
    return Unclear("an answer without a state")


def _job(state: str, record: Record) -> State:
    match state.lower():
        case "success":
            text = decoded(record.resultJson, str)
            result = decoded(text.encode(errors="replace"), _Result) if text else _Result()
            return Unclear("unreadable result") if result is None else _outputs(result.resultUrls, record)
        case "fail":
            # A failed job costs nothing (a public project's live test); the text says whether the client is to blame.
            return made_nothing(fault_in(bytes(record.failMsg) + b" " + bytes(record.failCode)))
        case _:
            return Running(POLL_INTERVAL_S)


def _song(status: str, record: Record) -> State:
    """The first song alone is not the end. A call that failed says nothing about the songs (our reading)."""
    songs = decoded(record.response, _Songs)
    takes = {song.audioUrl or "": song.id for song in songs.sunoData} if songs else {}
    match status.upper():
        case "SUCCESS":
            return _named(_outputs(tuple(url for url in takes if url), record), takes)
        case "CALLBACK_EXCEPTION" if takes and all(takes):
            return _named(_outputs(tuple(takes), record), takes)
        case "CREATE_TASK_FAILED" | "GENERATE_AUDIO_FAILED":
            return made_nothing(SONG_FAULTS.get(_whole(record.errorCode)) or fault_in(bytes(record.errorMessage)))
        case "SENSITIVE_WORD_ERROR":
            return rejected("content_policy")
        case _:
            return Running(POLL_INTERVAL_S)


def _named(state: State, takes: Mapping[str, str]) -> State:
    """Songs with the vendor's names of them, by which they can be carried on."""
    if not isinstance(state, Finished):
        return state
    links = (output for output in state.outputs if isinstance(output, Linked))
    named = (structs.replace(link, upstream_id=takes.get(link.url, "")) for link in links)
    return structs.replace(state, outputs=tuple(named))


def _cover(flag: int, record: Record) -> State:
    """0 waits, 1 is done, 2 is at work, 3 has failed (get cover details)."""
    match flag:
        case 1:
            found = decoded(record.response, _Images)
            return _outputs((found.images if found else None) or (), record)
        case 3:
            return made_nothing(fault_in(bytes(record.errorMessage)))
        case _:
            return Running(POLL_INTERVAL_S)


def _outputs(urls: tuple[str, ...], record: Record) -> Finished | Rejected | Unclear:
    """The links. Success without any happens and is a failure (a public client); not tried again: it may be paid."""
    if not urls:
        return rejected("output_unavailable")
    links = tuple(link for link in map(linked, urls) if link is not None)
    if len(links) < len(urls):
        return Unclear("done, without readable outputs")
    return Finished(links, _cost_micro_usd(record.creditsConsumed))


def _cost_micro_usd(consumed: Raw) -> int | None:
    """The vendor's credits, where it tells them (unconfirmed for which models). They have decimals."""
    amount = decoded(consumed, Decimal)
    if amount is None or not amount.is_finite() or not 0 <= amount <= CREDITS_MAX:
        return None
    return int((amount * MICRO_USD_PER_CREDIT).to_integral_value(ROUND_CEILING))


def _whole(code: Raw) -> int:
    """A code that comes as a number or as text."""
    text = decoded(code, str)
    return (decoded(text.encode(errors="replace"), int) if text else decoded(code, int)) or 0
