"""A document as people see it: HTML, and PDF of the same lines. Drawn from its content alone, always the same."""

from datetime import UTC, datetime
from html import escape
from typing import Final

from apiinone.payments.documents import TITLES, Content

WITHOUT_SMALLER_UNIT: Final = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}
)
"""Currencies whose smallest unit is the whole (Stripe's list of zero-decimal currencies)."""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
 body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1.5rem; color: #222 }}
 h1 {{ font-size: 1.6rem; margin: 0 0 1.5rem }} table {{ width: 100%; border-collapse: collapse; margin-top: 2rem }}
 td {{ padding: .4rem 0; border-top: 1px solid #ddd }} td + td {{ text-align: right }}
 .total td {{ font-weight: 600; border-top: 2px solid #222 }} .quiet {{ color: #666 }}
 @media (prefers-color-scheme: dark) {{ body {{ background: #161616; color: #eee }} .total td {{ border-color: #eee }}
   td {{ border-color: #444 }} .quiet {{ color: #aaa }} }}
</style></head><body><h1>{title}</h1>{body}</body></html>"""


def as_html(content: Content) -> bytes:
    """A page that needs nothing from anywhere."""
    heads = "".join(f"<div>{escape(line)}</div>" for line in _heads(content))
    quiet = "".join(f'<div class="quiet">{escape(line)}</div>' for line in _details(content))
    rows = "".join(f"<tr><td>{escape(words)}</td><td>{escape(amount)}</td></tr>" for words, amount in _rows(content))
    total = f'<tr class="total"><td>Total</td><td>{escape(money(content.total_minor, content.currency))}</td></tr>'
    body = f"{heads}<br>{quiet}<table>{rows}{total}</table>"
    return _PAGE.format(title=escape(_title(content)), body=body).encode()


def as_pdf(content: Content, font_file: str = "") -> bytes:
    """One page. Letters that its font lacks become `?`; `font_file` is a TrueType font that has them."""
    from fpdf import FPDF  # noqa: PLC0415 - costs start-up time, and few processes draw

    pdf = FPDF(format="A4")
    pdf.set_creation_date(datetime.fromisoformat(content.day).replace(tzinfo=UTC))
    pdf.set_title(_title(content) if font_file else _latin(_title(content)))
    family = "Helvetica"
    if font_file:
        family = "own"
        pdf.add_font(family, fname=font_file)
    fit = str if font_file else _latin
    pdf.add_page()
    pdf.set_font(family, size=18)
    pdf.cell(0, 12, fit(_title(content)), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(family, size=10)
    for line in (*_heads(content), "", *_details(content), ""):
        pdf.cell(0, 6, fit(line), new_x="LMARGIN", new_y="NEXT")
    for words, amount in (*_rows(content), ("Total", money(content.total_minor, content.currency))):
        pdf.cell(130, 8, fit(words), border="T")
        pdf.cell(0, 8, fit(amount), border="T", align="R", new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def money(amount_minor: int, currency: str) -> str:
    """An amount as people write it: `50.00 USD`."""
    if currency in WITHOUT_SMALLER_UNIT:
        return f"{amount_minor:,} {currency.upper()}"
    whole, part = divmod(amount_minor, 100)
    return f"{whole:,}.{part:02} {currency.upper()}"


def _title(content: Content) -> str:
    return f"{TITLES[content.kind]} {content.number}"


def _heads(content: Content) -> list[str]:
    seller = content.seller
    tax = f"Tax number {seller.tax_number}" if seller.tax_number else ""
    return [line for line in (seller.name, *seller.address, seller.email, tax) if line]


def _details(content: Content) -> list[str]:
    lines = [
        f"Date: {content.day}",
        f"To: {content.buyer}",
        f"Account: {content.account_id}",
        f"Order: {content.order_number}",
        f"Paid by: {content.paid_by} {content.payment_ref}".rstrip(),
    ]
    return [*lines, f"For: {content.refers_to}"] if content.refers_to else lines


def _rows(content: Content) -> list[tuple[str, str]]:
    rows = [(content.words, money(content.net_minor, content.currency))]
    for tax in content.taxes:
        rate = f"{tax.hundredths // 100}.{tax.hundredths % 100:02} %"
        rows.append((f"{tax.name} {rate}", money(tax.amount_minor, content.currency)))
    return rows


def _latin(text: str) -> str:
    return text.encode("latin-1", errors="replace").decode("latin-1")
