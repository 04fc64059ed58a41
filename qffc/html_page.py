"""Pages that need no other file: one style for all that qffc writes as HTML, in light, in dark and on paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

COLOURS = {
    "ink": ("#22303c", "#e3e8ec"),
    "faint": ("#6b7780", "#93a1ad"),
    "line": ("#d5dade", "#3a4652"),
    "paper": ("#ffffff", "#161c22"),
    "band": ("#f4f6f8", "#1e262e"),
    "good": ("#0b7285", "#4fc3d9"),
    "bad": ("#c2410c", "#ff9b6a"),
    "tone1": ("#0b7285", "#4fc3d9"),
    "tone2": ("#d9480f", "#ff9b6a"),
    "tone3": ("#5f3dc4", "#b197fc"),
    "tone4": ("#2b8a3e", "#8ce99a"),
    "tone5": ("#a61e4d", "#faa2c1"),
    "tone6": ("#846200", "#ffd43b"),
}
"""By name: in light and in dark."""

_LIGHT = "".join(f"--q-{name}:{light};" for name, (light, _) in COLOURS.items())
_DARK = "".join(f"--q-{name}:{dark};" for name, (_, dark) in COLOURS.items())
COLOUR_STYLE = f":root{{{_LIGHT}}}@media screen and (prefers-color-scheme:dark){{:root{{{_DARK}}}}}"
"""The colours as properties of CSS; paper is always light."""
STYLE = COLOUR_STYLE + (
    "body{font:15px/1.5 system-ui,sans-serif;color:var(--q-ink);background:var(--q-paper);max-width:66em;"
    "margin:2em auto;padding:0 1em}"
    "h1{font-size:1.6em;line-height:1.25;margin:0 0 .2em}h2{font-size:1.15em;margin:2em 0 .4em;"
    "padding-top:.5em;border-top:1px solid var(--q-line)}h3{font-size:1em;margin:1.2em 0 .3em}"
    "p{margin:.4em 0}table{border-collapse:collapse;margin:.6em 0;width:100%}"
    "td,th{padding:.25em .7em;text-align:left;border-bottom:1px solid var(--q-line);vertical-align:top}"
    "th{color:var(--q-faint);font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    "tr.bad td:last-child{color:var(--q-bad);font-weight:600}tr.own td{font-weight:600}"
    ".faint{color:var(--q-faint)}.good{color:var(--q-good);font-weight:600}.bad{color:var(--q-bad);font-weight:600}"
    "code,pre{font:13px/1.45 ui-monospace,monospace;background:var(--q-band);border-radius:4px}"
    "code{padding:.1em .3em;overflow-wrap:anywhere}pre{padding:.7em .9em;overflow-x:auto;white-space:pre-wrap}"
    "figure{margin:.6em .4em .6em 0;display:inline-block;vertical-align:top;max-width:100%}"
    "figcaption{color:var(--q-faint);font-size:.9em;max-width:21em}svg{max-width:100%;height:auto}"
    "@media print{body{max-width:none;margin:0;font-size:11px}h2{break-after:avoid}"
    "figure,tr,pre{break-inside:avoid}}"
)


def page(title: str, parts: Iterable[str]) -> str:
    """Return a page with a title and parts in HTML.

    Example:
        >>> page("Audit", ["<p>all good</p>"]).splitlines()[-1]
        '<p>all good</p>'
    """
    head = (
        '<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f'<meta name=color-scheme content="light dark"><title>{escape(title)}</title><style>{STYLE}</style>'
    )
    return "\n".join([head, *parts]) + "\n"


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int = 1, classes: Sequence[str] = ()
) -> str:
    """Return a table.

    Args:
        header: of the columns, as text; none where all are empty.
        rows: cells in HTML.
        numbers_from: the first column that holds numbers, to the right; columns before it hold words.
        classes: of the rows, where they have some.

    Example:
        >>> table(("", "meV"), [("model", "0.4")])
        '<table><tr><th></th><th class=n>meV</th></tr><tr><td>model</td><td class=n>0.4</td></tr></table>'
    """
    kinds = ["" if column < numbers_from else " class=n" for column in range(len(header))]
    head = "".join(f"<th{kind}>{escape(name)}</th>" for kind, name in zip(kinds, header, strict=True))
    lines = [f"<tr>{head}</tr>"] if any(header) else []
    for number, row in enumerate(rows):
        named = f" class={classes[number]}" if number < len(classes) and classes[number] else ""
        cells = "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True))
        lines.append(f"<tr{named}>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"


def figure(drawing: str, caption: str = "") -> str:
    """Return a drawing in SVG with what it shows below it, which is plain text."""
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<figure>{drawing}{below}</figure>"
