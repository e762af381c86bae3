"""Money: what a unit of one currency is in another. Rates are fixed here, a round number for each currency."""

from __future__ import annotations

from mockserver.analytics.hogql.functions.model import Function

RATES = {
    "USD": 1, "EUR": 0.9, "GBP": 0.8, "JPY": 150, "CNY": 7, "INR": 85, "AUD": 1.5, "CAD": 1.4, "CHF": 0.9, "HKD": 8,
    "NZD": 1.7, "SEK": 10, "KRW": 1400, "SGD": 1.3, "NOK": 10, "MXN": 20, "BRL": 5.5, "ZAR": 18, "TRY": 40, "RUB": 80,
    "DKK": 7, "PLN": 4, "THB": 35, "IDR": 16000, "HUF": 350, "CZK": 22, "ILS": 3.5, "CLP": 950, "PHP": 57, "AED": 3.7,
    "COP": 4000, "SAR": 3.75, "MYR": 4.3, "RON": 4.5, "ARS": 1200, "VND": 25000, "UAH": 41, "EGP": 50, "NGN": 1500,
    "PKR": 280, "TWD": 31, "BGN": 1.75, "ISK": 125, "KES": 130, "PEN": 3.6,
}  # fmt: skip
"""How many units of a currency a US dollar is, whatever the day."""
SINCE = "2000-01-01"
DIGITS = 10


def _decimal(sql: str) -> str:
    return f"toDecimal64({sql}, {DIGITS})"


def _rate(currency: str) -> str:
    names = ", ".join(f"'{name}'" for name in RATES)
    rates = ", ".join(str(float(rate)) for rate in RATES.values())
    return _decimal(f"transform(toString({currency}), [{names}], [{rates}], 0.0)")


# An unknown currency is worth nothing. Source: PostHog looks rates up in a dictionary, nought where it has none.
CONVERT = (
    f"if(equals({{0}}, {{1}}), {_decimal('{2}')}, if(equals({_rate('{0}')}, 0), {_decimal('0')},"
    f" multiplyDecimal(divideDecimal({_decimal('{2}')}, {_rate('{0}')}, {DIGITS}), {_rate('{1}')}, {DIGITS})))"
)
MONEY = (Function("convertCurrency", CONVERT, 3, 4, keeps_name=True),)
