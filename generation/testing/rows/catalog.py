"""Models as the catalog has them, without a database."""

from generation.catalog.catalog_file import read_catalog
from generation.catalog.offers import Offer, parameter_from
from generation.catalog.prices import price_from
from generation.catalog.source_roles import formats_from
from generation.models import endpoints


def offer(slug: str) -> Offer:
    (table,) = (table for table in read_catalog()["models"] if table["slug"] == slug)
    other = {
        "workflow",
        "parameters",
        "price",
        "expected_cost",
        "purposes",
        "licence",
        "examples",
        "roles",
        *endpoints.SETTINGS,
    }
    plain = {name: value for name, value in table.items() if name not in other}
    parameters = {name: parameter_from(raw) for name, raw in table["parameters"].items()}
    roles = formats_from(table.get("roles", {}))
    price = price_from(table.get("price", {}))
    return Offer(**plain, parameters=parameters, roles=roles, price=price)
