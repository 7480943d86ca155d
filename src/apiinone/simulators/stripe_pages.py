"""The page of a simulated Stripe where a session is paid: test cards to choose from, and nothing to type."""

from html import escape

from starlette.responses import HTMLResponse, RedirectResponse, Response

from apiinone.simulators.stripe_books import Session
from apiinone.simulators.stripe_money import CARDS, CHALLENGE

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} - simulated payments</title>
<style>
 body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem; color: #222 }}
 fieldset {{ border: 1px solid #bbb; border-radius: 8px; padding: 1rem }}
 label {{ display: block; padding: .3rem 0 }}
 button {{ font: inherit; margin: 1rem .5rem 0 0; padding: .6rem 1.2rem; border-radius: 8px; border: 0;
   background: #33518f; color: #fff; cursor: pointer }}
 a {{ color: #33518f }} .note {{ color: #666 }} .bad {{ color: #a00 }}
</style></head><body>{body}</body></html>"""


def pay_page(session: Session, note: str = "") -> Response:
    """Choose a card and pay."""
    cards = "".join(
        f'<label><input type="radio" name="card" value="{number}"{" checked" if not place else ""}>'
        f" <b>{_spaced(number)}</b> {escape(words)}</label>"
        for place, (number, (_, words)) in enumerate(CARDS.items())
    )
    warning = f'<p class="bad" role="alert">{escape(note)}</p>' if note else ""
    body = (
        f"<h1>{_amount(session)}</h1><p>{escape(session.words)}</p>{warning}"
        f'<form method="post"><fieldset><legend>Test card</legend>{cards}</fieldset><button>Pay</button>'
        f'<a href="{escape(session.cancel_url)}">Cancel</a></form>'
        '<p class="note">This is a simulator on this machine: no money moves.</p>'
    )
    return _html(_amount(session), body)


def challenge_page(session: Session) -> Response:
    """3-D Secure: the bank asks whether it is really you."""
    body = (
        f"<h1>Your bank asks</h1><p>Pay {_amount(session)}?</p>"
        f'<form method="post"><input type="hidden" name="card" value="{CHALLENGE}">'
        '<button name="challenge" value="complete">Confirm</button>'
        '<button name="challenge" value="fail">Refuse</button></form>'
    )
    return _html("3-D Secure", body)


def over_page(session: Session) -> Response:
    """A session that nobody can pay any more."""
    return _html("Over", f"<h1>This page is {escape(session.status)}.</h1>", 410)


def back_to_shop(session: Session) -> Response:
    """Where the payer goes after paying."""
    return RedirectResponse(session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id), 303)


def _amount(session: Session) -> str:
    return f"{session.amount_total / 100:,.2f} {escape(session.currency.upper())}"


def _spaced(number: str) -> str:
    parts = [number[start : start + 4] for start in range(0, len(number), 4)]
    return " ".join(parts) if number.isdigit() else number.replace("_", " ")


def _html(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(_PAGE.format(title=title, body=body), status)
